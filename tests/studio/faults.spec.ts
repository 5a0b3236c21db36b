// What goes wrong on the way: stopping, reloading, a server that is killed, a full disk, hostile
// text, a server that keeps nothing or asks for a key.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { Server, model } from "./server";
import { Studio, expect, test } from "./studio";

// A server of the test's own on which a drawing takes half a minute: without vector instructions.
async function onSlowServer(browser: Browser, work: (studio: Studio, page: Page, server: Server) => Promise<void>) {
  const server = new Server([], { TUTTI_ISA: "scalar" });
  await server.start();
  const page = await browser.newPage();
  try {
    await work(new Studio(page, server), page, server);
  } finally {
    await page.close();
    await server.end();
  }
}

// Four pictures in many steps, small, so that their previews come as they are drawn. The first one is
// there, and the question is kept. Later ones are drawn as the page asks.
async function beginToDraw(studio: Studio) {
  const path = "/v1/images/generations";
  await studio.adding(path, { size: "64x64", n: 4, steps: 256, partial_images: 64 });
  await studio.choose("Picture");
  await studio.say("a red circle");
  await expect(studio.answer.locator(".drawing img")).toBeVisible();
  await studio.saved();
  await studio.adding(path, {});
}

test("stops when told to, and so does the server", async ({ browser }) => {
  await onSlowServer(browser, async (studio, page, server) => {
    await studio.open();
    await beginToDraw(studio);
    await studio.button("Stop").click();
    await expect(studio.answer).toHaveAttribute("data-state", "incomplete");
    await expect(studio.answer.getByText("Stopped.")).toBeVisible();
    await expect.poll(async () => (await page.request.get(`${server.url}/metrics`)).text())
      .toMatch(/tutti_jobs_total\{kind="paint",end="cancelled"\} [1-9]/);
    await expect(studio.button("Send")).toBeVisible();
    await page.keyboard.press("Escape"); // does no harm when nothing runs
  });
});

test("is as it was after a reload", async ({ studio, page }) => {
  await studio.open();
  await studio.attach("picture.png");
  await studio.say("How many triangles are there?");
  await studio.done();
  const text = await studio.answer.locator("p.text").innerText();
  await studio.choose("Picture");
  await studio.say("a red circle");
  await studio.done();
  const drawn = await studio.pixels(studio.answer.getByRole("img"));
  const shown = await studio.pixels(page.locator("article.user img"));
  await studio.saved();
  await page.reload();
  await expect(studio.answers).toHaveCount(2);
  await expect(studio.answers.first().locator("p.text")).toHaveText(text);
  expect(await studio.pixels(studio.answer.getByRole("img"))).toBe(drawn);
  expect(await studio.pixels(page.locator("article.user img"))).toBe(shown);
  await expect(studio.answer.locator(".readout")).toContainText("seed");
});

test("a message without an answer is answered after a reload", async ({ browser }) => {
  await onSlowServer(browser, async (studio, page) => {
    await studio.open();
    await beginToDraw(studio);
    await page.reload();
    await expect(page.getByText("This message has no answer yet.")).toBeVisible();
    await studio.button("Answer").click();
    await studio.done();
  });
});

test("a killed server loses nothing: the page reconnects and the answer comes", async ({ browser }) => {
  await onSlowServer(browser, async (studio, page, server) => {
    await studio.open();
    await studio.attach("picture.png");
    await studio.say("How many triangles are there?");
    await studio.done();
    await beginToDraw(studio);
    await server.kill("SIGKILL");
    await expect(studio.answer.getByText("The connection to the server is lost. Reconnecting…")).toBeVisible();
    await expect(page.locator(".status")).toHaveText("Reconnecting…");
    await server.start();
    await studio.done();
    await expect(page.locator(".status")).toHaveText(model);
    const drawn = await studio.pixels(studio.answer.getByRole("img"));
    await studio.saved();
    // What the second server reads from the disk is the whole conversation.
    await server.kill("SIGKILL");
    await server.start();
    await page.reload();
    await expect(page.locator("article")).toHaveCount(4);
    expect(await studio.pixels(studio.answer.getByRole("img"))).toBe(drawn);
  });
});

test("a full disk is said, and what was not saved is saved when there is room", async ({ studio, page, request }) => {
  await studio.open();
  let full = true;
  await page.route("**/items", (route) =>
    full
      ? route.fulfill({ status: 507, json: { error: { message: "no room" } }, headers: { "retry-after": "1" } })
      : route.continue());
  await studio.say("What is a circle?");
  await studio.done();
  await expect(page.getByText("Not saved: the server's disk is full.")).toBeVisible();
  full = false;
  await studio.saved();
  const id = new URL(page.url()).hash.slice(1);
  const items = await (await request.get(`${studio.server.url}/v1/conversations/${id}/items`)).json();
  expect(items.data).toHaveLength(2);
});

test("text is text, whoever wrote it", async ({ studio, page, request }) => {
  const bad = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
  const item = (id: string, role: string) => ({
    id, role, type: "message", status: "completed", content: [{ type: role === "user" ? "input_text" : "output_text", text: bad }],
  });
  await request.post(`${studio.server.url}/v1/conversations`, {
    data: { id: "conv_bad", metadata: { title: bad }, items: [item("m1", "user"), item("m2", "assistant")] },
  });
  await studio.open("/#conv_bad");
  await expect(studio.answer.locator("p.text")).toHaveText(bad);
  await expect(page.locator("nav .title", { hasText: bad })).toBeVisible();
  expect(await page.evaluate(() => (window as unknown as { hacked?: number }).hacked)).toBeUndefined();
  expect(await page.locator("main script, main p img").count()).toBe(0);
});

test("exports and deletes", async ({ studio, page, request }) => {
  await studio.open();
  await studio.attach("picture.png");
  await studio.say("Which shapes are there?");
  await studio.done();
  await studio.saved();
  const row = page.locator("nav li.open");
  await row.hover();
  const download = page.waitForEvent("download");
  await row.getByRole("button", { name: "Download this conversation" }).click();
  const json = JSON.parse(readFileSync(await (await download).path(), "utf8"));
  expect(json.conversations[0].items).toHaveLength(2);
  expect(Buffer.from(json.files[0].data, "base64").subarray(1, 4).toString()).toBe("PNG");
  const id = json.conversations[0].id as string;
  await row.getByRole("button", { name: "Delete this conversation" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Keep" }).click();
  expect((await request.get(`${studio.server.url}/v1/conversations/${id}`)).status()).toBe(200);
  await row.hover();
  await row.getByRole("button", { name: "Delete this conversation" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("heading", { name: "What shall we make?" })).toBeVisible();
  expect((await request.get(`${studio.server.url}/v1/conversations/${id}`)).status()).toBe(404);
  expect((await request.get(`${studio.server.url}/v1/files/${json.files[0].id}`)).status()).toBe(404);
});

test("works where nothing is kept", async ({ browser }) => {
  const server = new Server(["--no-store"]);
  await server.start();
  const page = await browser.newPage();
  const studio = new Studio(page, server);
  await studio.open();
  await expect(page.getByText("This server does not keep conversations")).toBeVisible();
  await studio.attach("picture.png");
  await studio.say("What is this?");
  await studio.done();
  await page.close();
  await server.end();
});

test("asks for the key that the server wants", async ({ browser }) => {
  const folder = new Server();
  const keys = join(folder.folder, "keys.json");
  const secret = execFileSync(process.env.TUTTI_BINARY!, ["serve", "keys", "add", "alice", "--keys", keys], { stdio: ["ignore", "pipe", "ignore"] }).toString().trim();
  const server = new Server(["--keys", keys]);
  await server.start();
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.getByLabel("API key").fill("wrong");
  await page.getByRole("button", { name: "Use it" }).click();
  await page.getByLabel("API key").fill(secret);
  await page.getByRole("button", { name: "Use it" }).click();
  const studio = new Studio(page, server);
  await studio.attach("picture.png");
  await studio.say("What is this?");
  await studio.done();
  await page.close();
  await server.end();
  await folder.end();
});
