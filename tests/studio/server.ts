// A `tutti serve` of the test's own: on a free port, with its own store; killed and started again at
// will.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = process.env.TUTTI_ROOT!;

// Beyond what every server is given: command line and environment.
export type ServerOptions = { more?: string[]; env?: Record<string, string> };

export class Server {
  url = "";
  readonly folder = mkdtempSync(join(tmpdir(), "tutti_studio_"));
  private process: ChildProcess | undefined;

  constructor(private readonly options: ServerOptions = {}) {}

  async start() {
    const port = this.url ? new URL(this.url).port : "0"; // again: where it was before
    const { more = [], env = {} } = this.options;
    const store = more.includes("--no-store") ? [] : ["--store", join(this.folder, "store.sqlite3")];
    const child = spawn(process.env.TUTTI_BINARY!, [
      "serve", "--model", `${root}/models/tutti-nano.safetensors`, "--port", port, "--log", "none", ...store, ...more,
    ], { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...env } });
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
