// Checks the types and writes the studio's assets: node build.mjs [FOLDER]   (default: dist)
// index.html names each asset with its content's hash, so a browser may keep assets for ever and
// still sees a new build at once.
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "dist"));

const types = spawnSync(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), "--noEmit"], {
  cwd: here,
  stdio: "inherit",
});
if (types.status !== 0) process.exit(1);

const common = { bundle: true, minify: true, write: false, target: ["chrome109", "firefox115", "safari16"] };
const bundle = async (entry) =>
  (await build({ ...common, entryPoints: [join(here, entry)], format: "iife", legalComments: "none" }))
    .outputFiles[0].contents;

const worklet = await bundle("src/worklet.ts");
const hashed = (name, bytes) => {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  return name.replace(/(\.\w+)$/, `-${hash}$1`);
};
const workletName = hashed("worklet.js", worklet);
const script = (await build({
  ...common,
  entryPoints: [join(here, "src/main.ts")],
  format: "iife",
  define: { WORKLET: JSON.stringify(`assets/${workletName}`) },
})).outputFiles[0].contents;
const style = await bundle("src/style.css");
const icon = readFileSync(join(here, "src/icon.svg"));

const scriptName = hashed("studio.js", script);
const styleName = hashed("studio.css", style);
const iconName = hashed("icon.svg", icon);
const page = readFileSync(join(here, "src/index.html"), "utf8")
  .replace("studio.js", `assets/${scriptName}`)
  .replace("style.css", `assets/${styleName}`)
  .replace("icon.svg", `assets/${iconName}`);

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "assets"), { recursive: true });
writeFileSync(join(out, "index.html"), page);
for (const [name, bytes] of [[scriptName, script], [styleName, style], [iconName, icon], [workletName, worklet]])
  writeFileSync(join(out, "assets", name), bytes);
