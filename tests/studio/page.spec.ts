// The page itself: languages, light and dark, the keyboard alone, names for screen readers.
import { expect, test } from "./studio";

test("speaks English and Chinese, and remembers which", async ({ studio, page }) => {
  await studio.open();
  await page.getByLabel("Language of the page").selectOption("zh");
  await expect(page.getByRole("heading", { name: "今天想做点什么？" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "zh-Hans");
  await expect(page.getByRole("button", { name: "发送" })).toBeVisible();
  await studio.screenshot("studio.zh");
  await page.reload();
  await expect(page.getByRole("heading", { name: "今天想做点什么？" })).toBeVisible();
  // Nothing was forgotten: no Latin words but names and what is to be typed.
  const left = await page.evaluate(() => {
    const words: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const hidden = node.parentElement!.closest("script, noscript, option, .status, h1, .conversations li");
      if (!hidden && /[a-z]{4,}/.test(node.textContent!)) words.push(node.textContent!);
    }
    return words.filter((text) => !/(sunflower|two blue triangles)$/.test(text) && !/Tutti|Enter/.test(text));
  });
  expect(left).toEqual([]);
  await page.getByLabel("页面语言").selectOption("en");
  await expect(page.getByRole("heading", { name: "What shall we make?" })).toBeVisible();
});

test("is dark when the system is, and when the person says so", async ({ studio, page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await studio.open();
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const brightness = async () => parseInt((await ground()).slice(4));
  expect(await brightness()).toBeLessThan(60);
  await page.getByRole("button", { name: "Light or dark" }).click();
  expect(await brightness()).toBeGreaterThan(200);
  await page.reload();
  expect(await brightness()).toBeGreaterThan(200);
  await page.getByRole("button", { name: "Light or dark" }).click();
  await page.getByRole("button", { name: "Show or hide the controls" }).click();
  await studio.attach("picture.png");
  await studio.say("How many triangles are there?");
  await studio.done();
  await studio.screenshot("dark");
});

test("is used with the keyboard alone", async ({ studio, page }) => {
  await studio.open();
  // The message box has the focus; Tab leads on through all that belongs to it, in order.
  const order = [
    "Add a picture, a sound, a clip or a cloud of points", "Take a picture", "Hold to talk (or press to start and stop)", "Talk live",
  ];
  for (const name of order) {
    await page.keyboard.press("Tab");
    await expect(page.getByRole("button", { name, exact: true })).toBeFocused();
  }
  await page.keyboard.press("Tab");
  await expect(page.getByRole("radio", { name: "Text" })).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("radio", { name: "Picture" })).toBeChecked();
  for (let back = 0; back <= order.length; ++back) await page.keyboard.press("Shift+Tab");
  await expect(studio.input).toBeFocused();
  await page.keyboard.type("a red circle");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("on green");
  await page.keyboard.press("Enter");
  await studio.done();
  await expect(page.locator("article.user p.text")).toHaveText("a red circle\non green");
  await expect(page.locator("[aria-live=polite]", { hasText: "The picture is drawn." })).toHaveCount(1);
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("heading", { name: "What shall we make?" })).toBeVisible();
  await expect(studio.input).toBeFocused();
  // Tabs of the panel go by arrows, a dialog closes on Escape and gives the focus back.
  await page.getByRole("button", { name: "Show or hide the controls" }).press("Enter");
  await page.getByRole("tab", { name: "Controls" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("tab", { name: "Attention" })).toBeFocused();
  await page.getByRole("button", { name: "Take a picture" }).press("Enter");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("names everything that can be used", async ({ studio, page }) => {
  await studio.open();
  await studio.attach("picture.png");
  await studio.say("What is this?");
  await studio.done();
  await page.getByRole("button", { name: "Show or hide the controls" }).click();
  const unnamed = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("button, input, select, textarea, img, audio, video, nav, aside")]
      .filter((element) => {
        const labels = (element as HTMLInputElement).labels;
        return element.ariaHidden !== "true" && !element.ariaLabel && !labels?.length && !element.innerText?.trim() && !element.hasAttribute("alt");
      })
      .map((element) => element.outerHTML));
  expect(unnamed).toEqual([]);
  await expect(page.locator("article.assistant[aria-busy=false]")).toHaveCount(1);
});

test("controls reach the request, and are remembered", async ({ studio, page }) => {
  await studio.open();
  await page.getByRole("button", { name: "Show or hide the controls" }).click();
  await page.getByLabel("Seed").fill("4711");
  await page.getByLabel("Steps").fill("7");
  await page.getByLabel("Guidance").fill("2");
  await page.reload();
  await expect(page.getByLabel("Seed")).toHaveValue("4711");
  await studio.choose("Picture");
  const asked = page.waitForRequest("**/v1/images/generations");
  await studio.say("a red circle");
  expect((await asked).postDataJSON()).toMatchObject({ seed: 4711, steps: 7, guidance_scale: 2, stream: true });
  await studio.done();
  await expect(studio.answer.locator(".readout")).toContainText("seed 4711");
});

test("fits a telephone", async ({ studio, page }) => {
  await page.setViewportSize({ width: 390, height: 780 });
  await studio.open();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await expect(page.locator("#sidebar")).not.toBeVisible();
  await page.getByRole("button", { name: "Show or hide conversations" }).click();
  await expect(page.locator("#sidebar")).toBeVisible();
  await page.getByRole("button", { name: "New conversation" }).click();
  await expect(page.locator("#sidebar")).not.toBeVisible();
});
