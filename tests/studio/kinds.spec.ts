// What a file is follows from its bytes, whatever its name says.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { demo, expect, test } from "./studio";

const folder = mkdtempSync(join(tmpdir(), "tutti_kinds_"));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, name);
const ffmpeg = (...command: string[]) => execFileSync("ffmpeg", ["-v", "error", "-y", ...command]);

// The third as browsers record: a stream that does not know how long it is.
const sounds: [string, string[]][] = [
  ["alone.webm", ["-c:a", "libopus"]],
  ["alone.mkv", ["-c:a", "libopus"]],
  ["live.webm", ["-c:a", "libopus", "-f", "webm", "-live", "1"]],
  ["alone.mp4", ["-c:a", "aac"]],
  ["alone.mov", ["-c:a", "aac"]],
  ["alone.ogg", ["-c:a", "libopus"]],
];

for (const [name, options] of sounds)
  test(`hears a recording of sound alone: ${name}`, async ({ studio, page }) => {
    ffmpeg("-i", demo("speech.wav"), ...options, file(name));
    await studio.open();
    await page.locator("input[type=file]").setInputFiles(file(name));
    await expect(page.locator(".chip", { hasText: name })).toBeVisible();
    const asked = page.waitForRequest("**/v1/chat/completions");
    await studio.button("Send").click();
    const { messages, max_tokens } = (await asked).postDataJSON();
    expect(messages[0].content.map((part: { type: string }) => part.type)).toEqual(["input_audio"]);
    expect(max_tokens).toBeUndefined();  // it would cut the transcript
    await studio.done();
    await expect(page.locator("article.user audio")).toBeVisible();
  });

test("sees pictures and clips with wrong names, and refuses text that is named a picture", async ({ studio, page }) => {
  copyFileSync(demo("picture.png"), file("named.mp4"));
  copyFileSync(demo("picture.png"), file("named.txt"));
  copyFileSync(demo("clip.mp4"), file("named.png"));
  writeFileSync(file("text.png"), "BMW is a word, not a picture");
  await studio.open();
  await page.locator("input[type=file]").setInputFiles([file("named.mp4"), file("named.txt"), file("named.png")]);
  await expect(page.locator(".chip")).toHaveCount(3);
  await expect(page.locator(".chip img")).toHaveCount(2);
  const asked = page.waitForRequest("**/v1/chat/completions");
  await studio.button("Send").click();
  const { messages } = (await asked).postDataJSON();
  expect(messages[0].content.map((part: { type: string }) => part.type)).toEqual(["image_url", "image_url", "video_url"]);
  expect(messages[0].content[0].image_url.url).toMatch(/^data:image\/png;/);
  await studio.done();
  const dropped = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(["\u{feff}plain text\n"], "notes", { type: "" }));
    return data;
  });
  await page.dispatchEvent("body", "drop", { dataTransfer: dropped });
  await expect(page.getByText("Tutti cannot read notes.")).toBeVisible();
});
