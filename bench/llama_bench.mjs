#!/usr/bin/env node
// As much of llama.cpp's llama-bench as bench/peers.sh asks for, on the prebuilt llama.cpp of an npm package.
//   npm install node-llama-cpp                     in the folder where this will run
//   llama_bench.mjs -m MODEL.gguf -t THREADS -p PROMPT -n GENERATED [-r RUNS]
// One run to warm up, then each from an empty context, on random tokens, 512 a batch; logits of the last token.
// Prints {"avg_ts": TOKENS A SECOND}, and on standard error which release ran on which instructions.
import path from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: Object.fromEntries([...'mtpnro'].map((short) => [short, { type: 'string', short }])),
});
const [threads, prompt, generated, runs] = [values.t, values.p, values.n, values.r ?? 5].map(Number);
const batch = 512;

const installed = path.resolve('node_modules/node-llama-cpp/dist/index.js');
const { getLlama } = await import(installed).catch((error) => {
  throw new Error(`cannot load ${installed} (${error.message}); run npm install node-llama-cpp in this folder`);
});
const llama = await getLlama({ gpu: false, build: 'never', maxThreads: threads, logLevel: 'error' });
const model = await llama.loadModel({ modelPath: path.resolve(values.m) });
const context = await model.createContext({
  contextSize: Math.max(prompt, generated), batchSize: batch, threads, flashAttention: 'auto',
});
// The engine's own calls, because the package's public ones also sample a token after each step.
const engine = context._ctx;
const vocabulary = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
const token = () => Math.floor(Math.random() * vocabulary);

async function read(position, count) {
  engine.initBatch(count);
  engine.addToBatch(0, position, Uint32Array.from({ length: count }, token), Uint32Array.of(count - 1));
  await engine.decodeBatch();
}

async function run() {
  engine.disposeSequence(0);
  const start = performance.now();
  for (let at = 0; at < prompt; at += batch) await read(at, Math.min(batch, prompt - at));
  for (let i = 0; i < generated; ++i) await read(prompt + i, 1);
  return (1e3 * (prompt + generated)) / (performance.now() - start);
}

await run();
let sum = 0;
for (let i = 0; i < runs; ++i) sum += await run();
console.error(`llama.cpp ${llama.llamaCppRelease.release}, ${engine.getThreads()} threads, ${llama.systemInfo}`);
console.log(JSON.stringify({ avg_ts: sum / runs }));
process.exit(0);
