// A cloud of points is attached, sent and drawn, whatever its file is called.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "./studio";

const folder = mkdtempSync(join(tmpdir(), "tutti_points_"));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const corners = "0 0 0\n1 0 0\n1 1 0\n0 1 0\n0.5 0.25 2\n";
const ply = `ply\nformat ascii 1.0\nelement vertex 5\nproperty float x\nproperty float y\nproperty float z\nend_header\n${corners}`;
// The same points as two kinds of numbers behind a byte that is passed over.
function binaryPly() {
  const head = "ply\nformat binary_little_endian 1.0\nelement vertex 5\nproperty uchar red\nproperty double x\n" +
    "property float32 y\nproperty float z\nelement face 1\nproperty list uint8 int vertex_indices\nend_header\n";
  const bytes = Buffer.alloc(5 * 17);
  corners.trim().split(/\s+/).forEach((value, i) => {
    const at = Math.floor(i / 3) * 17 + [1, 9, 13][i % 3]!;
    i % 3 ? bytes.writeFloatLE(Number(value), at) : bytes.writeDoubleLE(Number(value), at);
  });
  return Buffer.concat([Buffer.from(head), bytes, Buffer.from([0])]);
}
const binary = binaryPly();
const files: [string, string | Buffer][] = [
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

test("says which axis points up where a person chose it", async ({ studio, page }) => {
  writeFileSync(join(folder, "tent.obj"), corners.replace(/^(?=.)/gm, "v "));
  await studio.open();
  const ask = async () => {
    await page.locator("input[type=file]").setInputFiles(join(folder, "tent.obj"));
    const asked = page.waitForRequest("**/v1/chat/completions");
    await studio.button("Send").click();
    await studio.done();
    const { messages } = (await asked).postDataJSON();
    return messages.map((message: { content: { up?: string }[] }) => message.content[0]!.up);
  };
  expect((await ask()).at(-1)).toBeUndefined();
  await page.getByRole("button", { name: "Show or hide the controls" }).click();
  await page.getByLabel("Axis of a cloud of points that points up").selectOption("y");
  const ups = await ask();
  expect(ups.at(-1)).toBe("y");
  expect(ups[0]).toBeUndefined(); // as it was asked then
});

test("draws the same points alike, whatever their format", async ({ studio, page }) => {
  const names = ["tent.ply", "tent.off", "tent.obj", "tent.pcd"];
  const pcd = `# .PCD v0.7\nVERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 5\nHEIGHT 1\nPOINTS 5\nDATA ascii\n`;
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  writeFileSync(join(folder, "tent.pcd"), pcd + corners);
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

test("draws the faces of a binary mesh, and what there is of one that is cut", async ({ studio, page }) => {
  const points = binary.subarray(0, binary.length - 1);
  writeFileSync(join(folder, "points.ply"), binary);
  writeFileSync(join(folder, "cut.ply"), points);
  writeFileSync(join(folder, "faces.ply"), Buffer.concat([points, Buffer.from([3, 0, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0])]));
  await studio.open();
  await page.locator("input[type=file]").setInputFiles(["points.ply", "cut.ply", "faces.ply"].map((name) => join(folder, name)));
  await expect(page.locator(".chip")).toHaveCount(3);
  await studio.button("Send").click();
  await expect(page.locator("article.user canvas")).toHaveCount(3);
  const pixels = () =>
    page.locator("article.user canvas").evaluateAll((all) => (all as HTMLCanvasElement[]).map((canvas) =>
      canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data.filter((value, i) => i % 4 === 3 && value).length));
  await expect.poll(async () => (await pixels()).every((count) => count > 0)).toBe(true);
  const [whole, cut, faces] = await pixels();
  expect(cut).toBe(whole);
  expect(faces).toBeGreaterThan(2 * whole!);
});

test("names a chair", async ({ studio, page }) => {
  await studio.open();
  await page.locator("input[type=file]").setInputFiles(join(process.env.TUTTI_ROOT!, "models/demo/chair.ply"));
  await studio.button("Send").click();
  await studio.done();
  await expect(page.locator("article.user canvas")).toBeVisible();
  await expect(page.locator("article.assistant")).toContainText(/\S/);
  await studio.screenshot("points");
});
