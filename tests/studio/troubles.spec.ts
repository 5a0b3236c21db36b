// What goes wrong is said in the page's language, with what to do next; nothing typed is lost.
import { type Route } from "@playwright/test";
import { expect, test } from "./studio";

const said = "messages[0].content[1].image_url.url is not a picture that can be read";
const error = (status: number, body: object, headers: Record<string, string> = {}) => (route: Route) =>
  route.fulfill({ status, json: { error: { message: said, type: "invalid_request_error", ...body } }, headers });

test("errors are in the page's language, and what the API said is in the details", async ({ studio, page }) => {
  await page.route("**/v1/chat/completions", error(400, { param: "messages[0].content[1].image_url" }, { "x-request-id": "req_4711" }));
  await studio.open();
  await studio.attach("picture.png");
  await studio.say("What is this?");
  const alert = studio.answer.getByRole("alert");
  await expect(alert.locator("> p")).toHaveText(/cannot read one of the files.*Try another\./);
  await expect(alert.getByText(said)).not.toBeVisible();
  await alert.getByText("Details").click();
  await expect(alert.getByText(said)).toBeVisible();
  await expect(alert.locator("pre")).toContainText("req_4711");
  await studio.screenshot("trouble");
  await page.getByLabel("Language of the page").selectOption("zh");
  await expect(alert.locator("> p")).toHaveText(/服务器无法读取其中一个文件/);
  expect(await alert.locator("> p, summary").allInnerTexts().then((texts) => texts.join())).not.toMatch(/[a-z]{3,}/);
  await studio.screenshot("trouble.zh");
});

const cases: [string, number, object, RegExp][] = [
  ["too long", 400, { code: "context_length_exceeded", param: "messages" }, /more than the model can read/],
  ["another model", 404, { code: "model_not_found", param: "model" }, /Reload the page/],
  ["too large", 413, {}, /larger than the server takes/],
  ["too slow", 504, { type: "server_error", code: "timeout" }, /took longer/],
  ["a defect", 500, { type: "server_error" }, /press “Again”/],
];
for (const [name, status, body, words] of cases)
  test(`an error says what to do next: ${name}`, async ({ studio, page }) => {
    await page.route("**/v1/chat/completions", error(status, body));
    await studio.open();
    await studio.say("What is a circle?");
    await expect(studio.answer.getByRole("alert").locator("> p")).toHaveText(words);
    await expect(page.locator("article.user p.text")).toHaveText("What is a circle?");
    await page.unroute("**/v1/chat/completions");
    await studio.button("Again").click();
    await studio.done();
    await expect(studio.answer.getByRole("alert")).toHaveCount(0);
  });

test("a busy server is asked again, one behind a failing proxy is waited for", async ({ studio, page }) => {
  const answers: ((route: Route) => Promise<void>)[] = [
    error(503, { type: "server_error", code: "no_memory" }, { "retry-after": "1" }),
    error(429, { type: "rate_limit_error" }, { "retry-after": "1" }),
    (route) => route.fulfill({ status: 502, body: "<h1>Bad gateway</h1>" }),
  ];
  let asked = 0;
  await page.route("**/v1/chat/completions", (route) => (answers[asked++] ?? ((r: Route) => r.continue()))(route));
  await studio.open();
  await studio.say("What is a circle?");
  await studio.done();
  expect(asked).toBe(4);
  await expect(page.locator("article.user p.text")).toHaveText("What is a circle?");
});

test("what is being typed outlives a reload, and what cannot be kept is said", async ({ studio, page }) => {
  await studio.open();
  await studio.input.fill("half a sentence");
  await page.reload();
  await expect(studio.input).toHaveValue("half a sentence");
  await page.route("**/items", error(400, {}));
  await studio.input.press("Enter");
  await studio.done();
  await expect(page.getByText("Not all of this is saved")).toBeVisible();
  await expect(studio.input).toHaveValue("");
});

test("a server that refuses at the start is asked again when the person says so", async ({ studio, page }) => {
  await page.route("**/v1/models", error(500, { type: "server_error" }));
  await page.goto(studio.server.url);
  await expect(page.getByRole("alert")).toContainText("could not do this");
  await page.unroute("**/v1/models");
  await studio.button("Try again").click();
  await expect(page.getByRole("alert")).toHaveCount(0);
  await studio.say("What is a circle?");
  await studio.done();
});

test("speed is of all the time that an answer took", async ({ studio, page }) => {
  const events = [
    ...Array.from({ length: 24 }, () => ({ choices: [{ delta: { content: "x" }, finish_reason: null }] })),
    { choices: [{ delta: {}, finish_reason: "stop" }] },
    { choices: [], usage: { completion_tokens: 24 } },
  ];
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("") + "data: [DONE]\n\n";
  await page.route("**/v1/chat/completions", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 200)); // all of it at once, as through some proxies
    await route.fulfill({ status: 200, contentType: "text/event-stream", body });
  });
  await studio.open();
  await studio.say("x");
  await studio.done();
  const readout = await studio.answer.locator(".readout").innerText();
  const rate = Number(/([\d,]+) tokens\/s/.exec(readout)![1]!.replace(",", ""));
  expect(rate).toBeLessThanOrEqual(24 / 0.2);
});

test("live talk that is refused says why and ends", async ({ studio, page }) => {
  let sockets = 0;
  await page.routeWebSocket(/realtime/, (socket) => {
    ++sockets;
    socket.send(JSON.stringify({ type: "error", error: { type: "invalid_request_error", code: "model_not_found", message: "no such model" } }));
    socket.send(JSON.stringify({ type: "session.created" }));
    void socket.close();
  });
  await studio.open();
  await studio.button("Talk live").click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("Live talk did not begin.")).toBeVisible();
  await expect(dialog.getByRole("alert").locator("> p")).toHaveText(/another model/);
  await studio.screenshot("live-refused");
  expect(sockets).toBe(1);
  await dialog.getByRole("button", { name: "End" }).click();
  await expect(studio.input).toBeVisible();
});
