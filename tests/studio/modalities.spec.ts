// Everything in, everything out: type, see, hear, draw, speak.
import { expect, test } from "./studio";

test("types a question about a picture and sees who looks at whom", async ({ studio, page }) => {
  await studio.open();
  await studio.screenshot("studio");
  await studio.attach("picture.png");
  await studio.say("How many triangles are there?");
  await studio.done();
  await expect(studio.answer.locator("p.text")).not.toBeEmpty();
  await expect(studio.answer.locator(".readout")).toHaveText(/first [\d,]+ ms · .* tokens? · .*seed \d+/);

  await studio.answer.getByRole("button", { name: "Attention" }).click();
  const tables = page.locator("table.attention");
  await expect(tables.first().locator("tbody tr")).toHaveCount(process.env.SCREENSHOTS ? 8 : 4); // layers
  await expect(tables.filter({ hasText: "Attention of pictures" })).toHaveCount(1);
  // The shares of a row are the whole, up to rounding of each; or nothing, where the router let all
  // tokens pass the layer by. The first layer always runs.
  let whole = 0;
  for (const row of await tables.locator("tbody tr").all()) {
    const shares = await row.locator("td.share").allInnerTexts();
    const sum = shares.reduce((total, share) => total + parseInt(share), 0);
    if (sum > 0) expect(Math.abs(sum - 100)).toBeLessThanOrEqual(shares.length);
    whole += sum > 0 ? 1 : 0;
  }
  expect(whole).toBeGreaterThanOrEqual(await tables.count());
  await studio.screenshot("attention");
});

test("asks on about the same picture", async ({ studio, page }) => {
  await studio.open();
  await studio.attach("picture.png");
  await studio.say("What is there?");
  await studio.done();
  const asked = page.waitForRequest("**/v1/chat/completions");
  await studio.say("What colour is it?");
  await studio.done();
  expect((await asked).postData()).toContain("data:image/png;base64,");
});

test("draws, with previews, and the same again from the same seed", async ({ studio, page }) => {
  await studio.open();
  await studio.choose("Picture");
  let previews = 0;
  await page.exposeFunction("previewSeen", () => ++previews);
  await page.evaluate(() => {
    new MutationObserver(() => {
      if (document.querySelector(".drawing img")) (window as unknown as { previewSeen: () => void }).previewSeen();
    }).observe(document.body, { subtree: true, childList: true });
  });
  await studio.say("sunflower");
  await studio.done();
  const image = studio.answer.getByRole("img");
  const first = await studio.pixels(image);
  expect(parseInt(first)).toBeGreaterThanOrEqual(64);
  expect(previews).toBeGreaterThan(0);
  const shown = await image.getAttribute("src");
  await studio.answer.getByRole("button", { name: "Again" }).click();
  await expect(image).not.toHaveAttribute("src", shown!);
  await studio.done();
  expect(await studio.pixels(image)).toBe(first);
  await studio.screenshot("drawing");
});

test("speaks, playing before all of it is there", async ({ studio, page }) => {
  await studio.open();
  await studio.adding("/v1/audio/speech", { steps: 128 }); // so that the first sound is there long before the last
  await studio.choose("Speech");
  const played = page.evaluate(() => new Promise<boolean>((resolve) => {
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (...time) {
      resolve(document.querySelector("article.assistant")!.getAttribute("aria-busy") === "true");
      return start.apply(this, time);
    };
  }));
  await studio.say("two blue triangles. ".repeat(8));
  expect(await played).toBe(true);
  await studio.done();
  const audio = studio.answer.locator("audio");
  await expect.poll(() => audio.evaluate((element: HTMLAudioElement) => element.duration)).toBeGreaterThan(0.3);
  await expect(studio.answer.locator(".readout")).toHaveText(/× real time/);
});

test("listens while the microphone is held", async ({ studio, page }) => {
  await studio.open();
  const talk = page.getByRole("button", { name: /Hold to talk/ });
  await talk.hover();
  await page.mouse.down();
  await expect(talk).toHaveAttribute("aria-pressed", "true");
  // Until it has heard the sentence: the button shows how loud each 64 ms were.
  await talk.evaluate((button) => new Promise<void>((resolve) => {
    let pieces = 0;
    new MutationObserver(() => void (++pieces === 40 && resolve())).observe(button, { attributeFilter: ["style"] });
  }));
  await page.mouse.up();
  await studio.done();
  await expect(page.locator("article.user audio")).toBeVisible();
  await expect(studio.answer.locator("p.text")).not.toBeEmpty();
});

test("takes a picture with the camera", async ({ studio, page }) => {
  await studio.open();
  await studio.button("Take a picture").click();
  const video = page.getByLabel("What the camera sees");
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.videoWidth)).toBeGreaterThan(0);
  await studio.button("Take the picture").click();
  await expect(page.locator(".chip img")).toBeVisible();
  await studio.button("Send").click();
  await studio.done();
  expect(parseInt(await studio.pixels(page.locator("article.user img")))).toBeGreaterThan(64);
});

test("takes clips and sounds, dropped or chosen, and refuses what it cannot show", async ({ studio, page }) => {
  await studio.open();
  await studio.attach("clip.mp4");
  await studio.button("Send").click();
  await studio.done();
  await expect(page.locator("article.user video")).toBeVisible();

  const dropped = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(["plain"], "notes.txt", { type: "text/plain" }));
    return data;
  });
  await page.dispatchEvent("body", "dragover", { dataTransfer: dropped });
  await expect(page.getByText("Drop it here")).toBeVisible();
  await page.dispatchEvent("body", "drop", { dataTransfer: dropped });
  await expect(page.getByText("Tutti cannot read notes.txt.")).toBeVisible();

  await studio.attach("speech.wav");
  await page.getByRole("button", { name: "Remove speech.wav" }).click();
  await expect(page.locator(".chip")).toHaveCount(0);
});

test("asks on about a picture that was shown two messages ago", async ({ studio, page, request }) => {
  await studio.open();
  await studio.attach("picture.png");
  await studio.say("How many triangles are there?");
  await studio.done();
  const first = await studio.answer.locator("p.text").innerText();
  await studio.say("What colour are they?");
  await studio.done();
  const asked = page.waitForRequest("**/v1/chat/completions");
  await studio.say("Which shape is the largest?");
  const body = (await asked).postDataJSON();
  await studio.done();
  const shape = body.messages.map(({ role, content }: { role: string; content: string | { type: string }[] }) =>
    [role, typeof content === "string" ? "text" : content.map((part) => part.type).join("+")].join(": "));
  expect(shape).toEqual(["user: image_url+text", "assistant: text", "user: text", "assistant: text", "user: text"]);
  expect(body.messages[1].content).toBe(first);
  // The answer is the server's to the whole conversation; without the picture it reads 16 rows less.
  const chat = async (messages: unknown) =>
    (await (await request.post(`${studio.server.url}/v1/chat/completions`, { data: { ...body, messages, stream: false, stream_options: undefined } })).json());
  const whole = await chat(body.messages);
  await expect(studio.answer.locator("p.text")).toHaveText(whole.choices[0].message.content);
  const blind = structuredClone(body.messages);
  blind[0].content.shift();
  expect(whole.usage.prompt_tokens - (await chat(blind)).usage.prompt_tokens).toBe(15); // and <s> more
});

test("asks about the picture that it drew", async ({ studio, page }) => {
  await studio.open();
  await studio.choose("Picture");
  await studio.say("a red circle");
  await studio.done();
  await studio.choose("Text");
  const asked = page.waitForRequest("**/v1/chat/completions");
  await studio.say("What colour is it?");
  const { messages } = (await asked).postDataJSON();
  expect(messages.map((message: { role: string }) => message.role)).toEqual(["user", "user"]);
  expect(messages[0].content[0].image_url.url).toMatch(/^data:image\/png;base64,/);
  await studio.done();
});
