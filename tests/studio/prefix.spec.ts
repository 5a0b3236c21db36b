// Behind a proxy that serves the studio below a path of its own: nothing is asked for outside of it.
import { readFileSync } from "node:fs";
import { Proxy } from "./proxy";
import type { Server } from "./server";
import { Studio, expect, test } from "./studio";

test("works below a path: page, API, stores, sockets, downloads", async ({ studio: { server }, page }) => {
  const proxy = new Proxy(server.url, "/tutti");
  await proxy.start();
  const studio = new Studio(page, { url: proxy.url } as Server);
  await studio.open("/");
  await studio.attach("picture.png");
  await studio.say("How many triangles are there?");
  await studio.done();
  await studio.saved();
  expect(new URL(page.url()).pathname).toBe("/tutti/");
  await page.reload();
  await expect(page.locator("article")).toHaveCount(2);
  await expect.poll(async () => parseInt(await studio.pixels(page.locator("article.user img")))).toBeGreaterThan(0);

  const row = page.locator("nav li.open");
  await row.hover();
  const download = page.waitForEvent("download");
  await row.getByRole("button", { name: "Download this conversation" }).click();
  expect(JSON.parse(readFileSync(await (await download).path(), "utf8")).conversations).toHaveLength(1);

  const socket = page.waitForEvent("websocket");
  await studio.button("Talk live").click();
  expect(new URL((await socket).url()).pathname).toBe("/tutti/v1/realtime");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText(/Listening|I hear you|Answering/)).toBeVisible();
  await dialog.getByRole("button", { name: "End" }).click();
  await page.getByRole("button", { name: "New conversation" }).click();
  expect(new URL(page.url()).pathname).toBe("/tutti/");
  expect(proxy.stray.filter((path) => path !== "/favicon.ico")).toEqual([]);
  proxy.end();
});
