import { defineConfig } from "@playwright/test";

const speech = `${process.cwd()}/said.wav`; // made by run.sh, which runs here

// Other work may share the cores, and under a sanitizer all takes several times as long.
const patience = Number(process.env.PATIENCE ?? 1);

export default defineConfig({
  testDir: ".",
  workers: 1,
  timeout: 120_000 * patience,
  expect: { timeout: 40_000 * patience },
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
