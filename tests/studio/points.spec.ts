// A cloud of points is attached, sent and drawn, whatever its file is called.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "./studio";

const folder = mkdtempSync(join(tmpdir(), "tutti_points_"));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const corners = "0 0 0\n1 0 0\n1 1 0\n0 1 0\n0.5 0.25 2\n";
const ply = `ply\nformat ascii 1.0\nelement vertex 5\nproperty float x\nproperty float y\nproperty float z\nend_header\n${corners}`;
const files: [string, string][] = [
  ["tent.ply", ply],
  ["named.txt", ply],
  ["tent.off", `OFF\n5 0 0\n${corners}`],
  ["tent.obj", corners.replace(/^(?=.)/gm, "v ")],
];

for (const [name, content] of files)
  test(`sees a cloud of points: ${name}`, async ({ studio, page }) => {
    writeFileSync(join(folder, name), content);
    await studio.open();
    await page.locator("input[type=file]").setInputFiles(join(folder, name));
    await expect(page.locator(".chip", { hasText: name })).toBeVisible();
    const asked = page.waitForRequest("**/v1/chat/completions");
    await studio.button("Send").click();
    const { messages } = (await asked).postDataJSON();
    expect(messages[0].content.map((part: { type: string }) => part.type)).toEqual(["points_url"]);
    await studio.done();
    const cloud = page.locator("article.user canvas");
    await expect(cloud).toBeVisible();
    const drawn = () =>
      cloud.evaluate((canvas: HTMLCanvasElement) =>
        canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0));
    await expect.poll(drawn).toBe(true);
  });

test("draws the same points alike, whatever their format", async ({ studio, page }) => {
  const names = ["tent.ply", "tent.off", "tent.obj"];
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  await studio.open();
  await page.locator("input[type=file]").setInputFiles(names.map((name) => join(folder, name)));
  await expect(page.locator(".chip")).toHaveCount(names.length);
  await studio.button("Send").click();
  await studio.done();
  const pictures = () =>
    page.locator("article.user canvas").evaluateAll((all) => all.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));
  await expect.poll(async () => new Set(await pictures()).size).toBe(1);
  expect((await pictures()).length).toBe(names.length);
});
