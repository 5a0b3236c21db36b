// What `tutti serve` bears: a client with mixed modalities. Needs node alone.
//
//   node bench/load.mjs --binary TUTTI --model MODEL [--seconds 60] [--clients 8] [--json FILE] [--check]
//                       [--against TUTTI]
//
// It starts a server of its own and, in turn:
//   idle      CPU time of a server that nobody asks
//   health    requests a second of a cheap endpoint, where wrk is installed
//   one       a fixed list of requests one after another, then the same list by --clients at once:
//             the ratio of the two times, and whether every answer is the same bytes
//   load      --clients for --seconds: requests a second, p50, p95 and p99 of each kind, first bytes,
//             failures, resident memory over time
//   overload  more requests than the queue holds: some are refused, all of those with 429
// --against, another program, and nothing but load: both serve, and 30 seconds of load go to one and
// the other in turn until each has had --seconds; the ratios of the pairs say which is faster
// whatever else the machine did meanwhile.
// --check makes it a test that knows no times: a fixed number of requests, and exit status 1 unless
// nothing failed below the limit, only 429 came above it, answers did not depend on what else ran, and
// memory stayed flat.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const source = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { values: options } = parseArgs({ options: {
  binary: { type: 'string', default: path.join(source, 'build/runtime/apps/tutti/tutti') },
  model: { type: 'string', default: path.join(source, 'models/tutti-nano.safetensors') },
  seconds: { type: 'string', default: '60' },
  clients: { type: 'string', default: '8' },
  requests: { type: 'string' },
  json: { type: 'string' },
  check: { type: 'boolean', default: false },
  against: { type: 'string' },
} });
const seconds = Number(options.seconds), clients = Number(options.clients);
const listed = Number(options.requests ?? (options.check ? 36 : 120));
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function serve(more = [], binary = options.binary) {
  const server = spawn(binary, ['serve', '--model', options.model, '--port', '0', '--log', 'none', '--no-store', ...more]);
  process.on('exit', () => server.kill('SIGKILL'));
  server.stderr.setEncoding('utf8');
  const port = await new Promise((resolve, reject) => {
    let said = '';
    server.stderr.on('data', (piece) => {
      said += piece;
      const match = said.match(/on http:\/\/[^:]+:(\d+)/);
      if (match) resolve(Number(match[1]));
    });
    server.on('exit', () => reject(new Error(`the server ended: ${said}`)));
  });
  return { port, pid: server.pid, stop: () => new Promise((resolve) => (server.removeAllListeners('exit'),
    server.on('exit', resolve), server.kill('SIGTERM'))) };
}

// Kilobytes resident; seconds of processor time. Of the server alone, without its media workers.
const resident = (pid) => Number(fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);
function cpuSeconds(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

// One request of each kind, by its number, so that the same number is the same request.
const model = path.basename(options.model, '.safetensors');
const picture = fs.readFileSync(path.join(source, 'models/demo/picture.png')).toString('base64');
const sound = fs.readFileSync(path.join(source, 'models/demo/speech.wav'));
const json = (at, body) => ({ at, type: 'application/json', body: Buffer.from(JSON.stringify({ model, ...body })) });
const words = ['a red apple', 'a small dog', 'the blue house', 'two green trees', 'a yellow bird'];
const kinds = {
  'picture chat': (n) => json('/v1/chat/completions', { seed: n, max_tokens: 32, temperature: 0.8, messages: [{ role: 'user',
    content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } }, { type: 'text', text: 'what is this?' }] }] }),
  'text chat': (n) => json('/v1/chat/completions', { seed: n, max_tokens: 64, temperature: 1.5,
    messages: [{ role: 'user', content: `tell me about ${words[n % 5]}` }] }),
  picture: (n) => json('/v1/images/generations', { prompt: words[n % 5], seed: n, response_format: 'b64_json' }),
  speech: (n) => json('/v1/audio/speech', { input: `${words[n % 5]} and ${words[(n + 1) % 5]}`, voice: 'tutti', seed: n, response_format: 'pcm' }),
  transcription: () => {
    const end = 'load-test-boundary';
    const part = (head, body) => Buffer.concat([Buffer.from(`--${end}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`), body, Buffer.from('\r\n')]);
    return { at: '/v1/audio/transcriptions', type: `multipart/form-data; boundary=${end}`, body: Buffer.concat([
      part('name="model"', Buffer.from(model)), part('name="file"; filename="a.wav"', sound), Buffer.from(`--${end}--\r\n`)]) };
  },
  embedding: (n) => json('/v1/embeddings', { input: words[n % 5] }),
};
const names = Object.keys(kinds);
// Enough work that a queue fills while it is done, whatever the model's size.
kinds['large picture'] = (n) => json('/v1/images/generations', { prompt: words[n % 5], seed: n, size: '128x128', steps: 32 });

// Answers change in their ids and times; what the model said does not.
function essence(kind, body) {
  if (kind === 'speech') return body;
  const answer = JSON.parse(body);
  return JSON.stringify(answer.choices?.map((choice) => choice.message.content) ?? answer.data ?? answer.text);
}

function ask(port, kind, n) {
  const { at, type, body } = kinds[kind](n);
  const start = performance.now();
  return new Promise((resolve) => {
    const result = { kind, n, status: 0 };
    const request = http.request({ port, host: '127.0.0.1', path: at, method: 'POST', agent,
      headers: { 'Content-Type': type, 'Content-Length': body.length } }, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => {
        result.first ??= performance.now() - start;
        pieces.push(piece);
      });
      answer.on('error', () => resolve(result));
      answer.on('end', () => {
        const all = Buffer.concat(pieces);
        Object.assign(result, { status: answer.statusCode, ms: performance.now() - start, retry: answer.headers['retry-after'] });
        if (result.status === 200) result.digest = createHash('sha256').update(essence(kind, all)).digest('hex');
        else result.error = all.toString().slice(0, 200);
        resolve(result);
      });
    });
    request.on('error', (error) => resolve({ ...result, error: error.message }));
    request.end(body);
  });
}

// `count` workers take turns on next() until it gives nothing.
async function together(port, count, next) {
  const results = [];
  await Promise.all(Array.from({ length: count }, async () => {
    for (let job = next(); job; job = next()) results.push(await ask(port, ...job));
  }));
  return results;
}
const list = (length) => {
  let n = 0;
  return () => (n < length ? [names[n % names.length], n++] : null);
};

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
const round = (value) => Math.round(value * 10) / 10;
function summary(results) {
  const table = {};
  for (const kind of names) {
    const good = results.filter((result) => result.kind === kind && result.status === 200);
    if (!good.length) continue;
    const times = good.map((result) => result.ms).sort((a, b) => a - b);
    const first = good.map((result) => result.first).sort((a, b) => a - b);
    table[kind] = { requests: good.length, p50: round(quantile(times, 0.5)), p95: round(quantile(times, 0.95)),
      p99: round(quantile(times, 0.99)), 'first byte p50': round(quantile(first, 0.5)) };
  }
  return table;
}

const report = { node: process.version, clients, seconds }, wrong = [];
const expect = (holds, what) => holds || wrong.push(what);
const show = (name, value) => console.log(`${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`);

async function idle(server) {
  await sleep(1000);
  const before = cpuSeconds(server.pid), span = 10;
  await sleep(span * 1000);
  report.idle = { seconds: span, cpu_seconds: round(cpuSeconds(server.pid) - before) };
  show('idle', report.idle);
}

function health(server) {
  try {
    const out = execFileSync('wrk', ['-t1', '-c16', '-d5s', '--latency', `http://127.0.0.1:${server.port}/healthz`]).toString();
    report.health = { per_second: Number(out.match(/Requests\/sec:\s+([\d.]+)/)[1]), p99: out.match(/99%\s+(\S+)/)[1] };
    expect(!/Non-2xx|Socket errors/.test(out), `health: ${out}`);
  } catch {
    report.health = 'wrk is not installed';
  }
  show('health', report.health);
}

async function oneAndMany(server) {
  const length = listed;
  await together(server.port, 1, list(names.length));  // warm
  const time = async (count) => {
    const start = performance.now();
    const results = await together(server.port, count, list(length));
    return { seconds: (performance.now() - start) / 1000, results };
  };
  const ratios = [];
  let one, many;
  for (let round = 0; round < (options.check ? 1 : 3); ++round) {
    [one, many] = [await time(1), await time(clients)];
    ratios.push(one.seconds / many.seconds);
    for (const { results } of [one, many])
      expect(results.every((result) => result.status === 200), `failed: ${JSON.stringify(results.find((result) => result.status !== 200))}`);
    const digests = new Map(one.results.map((result) => [result.n, result.digest]));
    const changed = many.results.filter((result) => digests.get(result.n) !== result.digest);
    expect(changed.length === 0, `answers changed beside others: ${changed.map((result) => result.kind)}`);
  }
  ratios.sort((a, b) => a - b);
  report.one = { requests: length, one_after_another: round(one.seconds), at_once: round(many.seconds),
    ratios: ratios.map((ratio) => Math.round(ratio * 100) / 100), alone: summary(one.results) };
  show('one', report.one);
}

async function load(server) {
  const start = performance.now(), memory = [], most = 10 * listed;
  // As a test: looked at as often, and as many requests, on every machine.
  const goesOn = (n) => (options.check ? n < most : performance.now() < start + seconds * 1000);
  const sample = () => memory.push(resident(server.pid));
  const sampler = options.check ? undefined : setInterval(sample, Math.max(100, seconds * 10));
  let n = 0;
  const results = await together(server.port, clients, () => {
    if (options.check && n % 10 === 0) sample();
    return goesOn(n) ? [names[n % names.length], n++] : null;
  });
  clearInterval(sampler);
  const failed = results.filter((result) => result.status !== 200);
  expect(failed.length === 0, `${failed.length} failed, the first: ${JSON.stringify(failed[0])}`);
  const half = memory.slice(Math.floor(memory.length / 2)), grown = Math.max(...half) - half[0];
  expect(process.env.TUTTI_SANITIZE || grown < 0.1 * half[0] + 8192, `memory grew by ${grown} KB from ${half[0]} in the second half`);
  const span = (performance.now() - start) / 1000;
  report.load = { requests: results.length, per_second: round(results.length / span), failed: failed.length, kinds: summary(results),
    resident_mb: { first: round(memory[0] / 1024), middle: round(half[0] / 1024), last: round(memory.at(-1) / 1024), most: round(Math.max(...memory) / 1024) } };
  show('load', { ...report.load, kinds: undefined });
  console.table(report.load.kinds);
}

async function overload() {
  const server = await serve(['--queue', '4']);
  let n = 0;
  const count = options.check ? 200 : 1000;
  const results = await together(server.port, 64, () => (n < count ? [options.check ? 'large picture' : 'picture', n++] : null));
  await server.stop();
  const of = (status) => results.filter((result) => result.status === status).length;
  report.overload = { requests: results.length, answered: of(200), refused: of(429), other: results.length - of(200) - of(429) };
  expect(report.overload.other === 0, `above the limit: ${JSON.stringify(results.find((result) => ![200, 429].includes(result.status)))}`);
  expect(of(429) > 0 && of(200) > 0, 'the overload was none');
  expect(results.every((result) => result.status !== 429 || Number(result.retry) >= 1), 'a 429 without Retry-After');
  show('overload', report.overload);
}

// Requests a second of --binary over those of --against, pair by pair.
async function compare() {
  const sides = [options.binary, options.against].map((binary) => ({ binary, results: [], rates: [], memory: [], n: 0 }));
  for (const side of sides) {
    side.server = await serve([], side.binary);
    await together(side.server.port, 1, list(names.length));  // warm
  }
  const span = Math.min(30, seconds), pairs = Math.max(1, Math.round(seconds / span));
  for (let pair = 0; pair < pairs; ++pair)
    for (const side of pair % 2 ? [sides[1], sides[0]] : sides) {
      const start = performance.now();
      const results = await together(side.server.port, clients, () =>
        (performance.now() < start + span * 1000 ? [names[side.n % names.length], side.n++] : null));
      side.rates.push(results.length / ((performance.now() - start) / 1000));
      side.results.push(...results);
      side.memory.push(resident(side.server.pid));
    }
  const ratios = sides[0].rates.map((rate, i) => rate / sides[1].rates[i]).sort((a, b) => a - b);
  report.compare = { pairs, seconds_each: pairs * span,
    ratio: { median: quantile(ratios, 0.5), least: ratios[0], most: ratios.at(-1) } };
  show('compare', report.compare);
  for (const side of sides) {
    await side.server.stop();
    const failed = side.results.filter((result) => result.status !== 200);
    const middle = side.memory[side.memory.length >> 1];
    const said = { requests: side.results.length, failed: failed.length, kinds: summary(side.results),
      resident_mb: { first: round(side.memory[0] / 1024), middle: round(middle / 1024), last: round(side.memory.at(-1) / 1024) } };
    (report.sides ??= []).push(said);
    show(side.binary, { ...said, kinds: undefined });
    console.table(said.kinds);
    expect(failed.length === 0, `${failed.length} failed, the first: ${JSON.stringify(failed[0])}`);
  }
}

if (options.against) {
  await compare();
  if (options.json) fs.writeFileSync(options.json, JSON.stringify(report, null, 2));
  for (const what of wrong) console.error(`load: ${what}`);
  process.exit(wrong.length ? 1 : 0);
}

const server = await serve();
try {
  if (!options.check) {
    await idle(server);
    health(server);
  }
  await oneAndMany(server);
  await load(server);
} finally {
  await server.stop();
}
await overload();
if (options.json) fs.writeFileSync(options.json, JSON.stringify(report, null, 2));
for (const what of wrong) console.error(`load: ${what}`);
process.exit(options.check && wrong.length ? 1 : 0);
