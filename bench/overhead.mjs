// What the server adds to the model, and when a client has its first token and its first sound.
//   node bench/overhead.mjs [--binary build/runtime/apps/tutti/tutti] [--requests 100]
// One client, one request at a time on one connection, after ten to warm up; medians. "model" is
// the time between a job's start and its end as the scheduler counts it in /metrics; the rest of
// the client's time is the server's, the connection's and this client's own.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const source = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { values: options } = parseArgs({ options: {
  binary: { type: 'string', default: path.join(source, 'build/runtime/apps/tutti/tutti') },
  requests: { type: 'string', default: '100' },
} });
const model = 'tutti-nano';
const demo = (name) => fs.readFileSync(path.join(source, 'models/demo', name)).toString('base64');
const picture = { type: 'image_url', image_url: { url: `data:image/png;base64,${demo('picture.png')}` } };
const sound = { type: 'input_audio', input_audio: { format: 'wav', data: demo('speech.wav') } };
const ask = (content, more = {}) =>
  ['/v1/chat/completions', { model, max_tokens: 16, messages: [{ role: 'user', content }], ...more }];
const speech = ['/v1/audio/speech',
  { model, voice: 'any', response_format: 'pcm', input: 'Good morning. How are you today?' }];

const kinds = {
  'text to text, 16 tokens': ['text', ask('hello')],
  'picture and question to text': ['text', ask([picture, { type: 'text', text: 'what colour?' }])],
  'speech to text': ['transcribe', ask([sound])],
  'text to embedding': ['embed', ['/v1/embeddings', { model, input: 'a red apple' }]],
  'text to speech, PCM': ['speak', speech],
};

async function start() {
  const server = spawn(options.binary, ['serve', '--port', '0', '--log', 'none', '--model',
    path.join(source, 'models/tutti-nano.safetensors')]);
  let said = '';
  const port = await new Promise((resolve) => server.stderr.on('data', (piece) => {
    said += piece;
    const found = said.match(/on http:\/\/[^:]+:(\d+)/);
    if (found) resolve(found[1]);
  }));
  return { server, url: `http://127.0.0.1:${port}` };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const { server, url } = await start();
const post = (where, body) => fetch(url + where, { method: 'POST', body: JSON.stringify(body) });

// Seconds that jobs of a kind have run, all together.
async function ran(kind) {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(text.match(new RegExp(`tutti_job_run_seconds_total{kind="${kind}"} (.*)`))[1]);
}

async function total([where, body]) {
  const started = performance.now();
  await (await post(where, body)).arrayBuffer();
  return performance.now() - started;
}

// Milliseconds until the first piece of the answer's body.
async function first([where, body]) {
  const started = performance.now();
  const reader = (await post(where, body)).body.getReader();
  await reader.read();
  const milliseconds = performance.now() - started;
  while (!(await reader.read()).done);
  return milliseconds;
}

async function times(measure, request, count) {
  const all = [];
  for (let i = 0; i < count; ++i) all.push(await measure(request));
  return all;
}

const requests = Number(options.requests);
console.log('| request | client | model | difference |\n|---|---|---|---|');
for (const [name, [kind, request]] of Object.entries(kinds)) {
  await times(total, request, 10);
  const before = await ran(kind);
  const client = await times(total, request, requests);
  const inside = 1e3 * (await ran(kind) - before) / requests;
  const mean = client.reduce((sum, one) => sum + one, 0) / requests;
  console.log(`| ${name} | ${median(client).toFixed(2)} ms | ${inside.toFixed(2)} ms ` +
    `| ${(mean - inside).toFixed(2)} ms |`);
}
console.log('\n| first | after |\n|---|---|');
const streams = {
  'token of an answer to text': ask('hello', { stream: true }),
  'token of an answer about a picture': ask(kinds['picture and question to text'][1][1].messages[0].content, { stream: true }),
  'sound of speech': speech,
};
for (const [name, request] of Object.entries(streams)) {
  await times(first, request, 10);
  console.log(`| ${name} | ${median(await times(first, request, requests)).toFixed(2)} ms |`);
}
server.kill('SIGTERM');
