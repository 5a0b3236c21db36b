// The studio as a person finds it: by what is written on it and what screen readers say.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Locator, type Page, test as base, expect } from "@playwright/test";
import { Server } from "./server";

export const demo = (name: string) => `${process.env.TUTTI_ROOT}/models/demo/${name}`;

export class Studio {
  constructor(readonly page: Page, readonly server: Server) {}

  async open(path = "/") {
    await this.page.goto(this.server.url + path);
    await expect(this.input).toBeFocused();
  }
  get input() {
    return this.page.getByRole("textbox", { name: "Message" });
  }
  button(name: string) {
    return this.page.getByRole("button", { name, exact: true });
  }
  get answers() {
    return this.page.locator("article.assistant");
  }
  get answer() {
    return this.answers.last();
  }
  async choose(output: "Text" | "Picture" | "Speech") {
    await this.page.getByRole("radio", { name: output }).check({ force: true });
  }
  async attach(name: string) {
    await this.page.locator("input[type=file]").setInputFiles(demo(name));
    await expect(this.page.locator(".chip", { hasText: name })).toBeVisible();
  }
  async say(text: string) {
    const before = await this.answers.count();
    await this.input.fill(text);
    await this.input.press("Enter");
    await expect(this.answers).toHaveCount(before + 1);
  }
  async done() {
    await expect(this.answer).toHaveAttribute("data-state", "completed");
  }
  // From now on the page's requests to `path` carry these fields too; none: as the page asks.
  adding(path: string, fields: object) {
    return this.page.evaluate(([path, fields]) => {
      const view = window as unknown as { plainFetch?: typeof fetch };
      const plain = (view.plainFetch ??= window.fetch.bind(window));
      window.fetch = (to, options) =>
        plain(to, String(to).includes(path) && options?.body
          ? { ...options, body: JSON.stringify({ ...JSON.parse(String(options.body)), ...fields }) }
          : options);
    }, [path, fields] as const);
  }
  saved() {
    return expect(this.page.locator(".saving")).toHaveText("Saved on this computer");
  }
  // What a picture shows, as text to compare. It may still be on its way from the store.
  async pixels(image: Locator) {
    await expect(image).toHaveAttribute("src", /./);
    return image.evaluate(async (element: HTMLImageElement) => {
      await element.decode();
      const canvas = document.createElement("canvas");
      canvas.width = element.naturalWidth;
      canvas.height = element.naturalHeight;
      canvas.getContext("2d")!.drawImage(element, 0, 0);
      return `${element.naturalWidth}x${element.naturalHeight} ${canvas.toDataURL()}`;
    });
  }
  // For the documents, where they are asked for.
  async screenshot(name: string) {
    const folder = process.env.SCREENSHOTS;
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
  }
}

// One server a file of tests; a new browser profile a test. A test fails when the page reports an
// error or the Content-Security-Policy had to stop something.
export const test = base.extend<{ studio: Studio }, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = new Server();
      await server.start();
      await use(server);
      await server.end();
    },
    { scope: "worker" },
  ],
  studio: async ({ page, server }, use) => {
    const troubles: string[] = [];
    page.on("pageerror", (error) => troubles.push(String(error)));
    page.on("console", (message) => {
      if (/Content Security Policy|TrustedHTML|TrustedScript/.test(message.text())) troubles.push(message.text());
    });
    await use(new Studio(page, server));
    expect(troubles).toEqual([]);
  },
});
export { expect };
