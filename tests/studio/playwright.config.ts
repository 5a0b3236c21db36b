import { defineConfig } from "@playwright/test";

const speech = `${process.cwd()}/said.wav`; // made by run.sh, which runs here

export default defineConfig({
  testDir: ".",
  workers: 1,
  // Tests wait for what happens. How long that takes is the machine's business, which may be busy or
  // slowed by a sanitizer: these are for what never happens.
  timeout: 600_000,
  expect: { timeout: 300_000 },
  reporter: [["list"]],
  use: {
    viewport: { width: 1280, height: 800 },
    locale: "en-US",
    colorScheme: "light",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      // A camera that shows a test pattern, and a microphone into which someone speaks, again and again.
      args: [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        `--use-file-for-fake-audio-capture=${speech}`,
        "--autoplay-policy=no-user-gesture-required",
      ],
    },
  },
});
