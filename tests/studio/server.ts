// A `tutti serve` of the test's own: on a free port, with its own store; killed and started again at
// will. Its model is a tiny one, but for the screenshots of the documents.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const file = process.env.STUDIO_MODEL!;
export const model = basename(file, ".safetensors");

export class Server {
  url = "";
  readonly folder = mkdtempSync(join(tmpdir(), "tutti_studio_"));
  private process: ChildProcess | undefined;

  // `environment`: what it has besides this process's.
  constructor(private readonly more: string[] = [], private readonly environment: NodeJS.ProcessEnv = {}) {}

  async start() {
    const port = this.url ? new URL(this.url).port : "0"; // again: where it was before
    const store = this.more.includes("--no-store") ? [] : ["--store", join(this.folder, "store.sqlite3")];
    // Nice and on one core, or drawing takes the processor from the browser, whose pages run at low
    // priority.
    const child = spawn("nice", [
      "-n", "19", process.env.TUTTI_BINARY!, "serve", "--model", file, "--port", port, "--threads", "1",
      "--log", "none", "--max-seconds", "3600", ...store, ...this.more,
    ], { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...this.environment } });
    this.process = child;
    process.once("exit", () => child.kill("SIGKILL")); // a test that fails ends none
    this.url = await new Promise<string>((resolve, reject) => {
      let said = "";
      child.stderr!.on("data", (data: Buffer) => {
        said += data;
        const found = /(http:\/\/[\d.]+:\d+)\//.exec(said);
        if (found) resolve(found[1]!);
      });
      child.on("exit", (code) => reject(new Error(`tutti serve ended with ${code}: ${said}`)));
    });
  }

  async kill(signal: NodeJS.Signals) {
    const child = this.process;
    if (!child) return;
    this.process = undefined;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  async end() {
    await this.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
