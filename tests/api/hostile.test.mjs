// Attacks on a whole server, each beside a client that wants little: the server lives, it holds what
// its limits say, the other client is answered first, and what is refused names its limit. Nothing is
// asserted about times: work is compared by order, or by processor time with work of the same size.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { deflateSync, crc32 } from 'node:zlib';
import { Server, binary, folder, model } from './server.mjs';

const mega = 2 ** 20;
// Sanitizers keep books on memory, and what was freed for a while.
const most = process.env.TUTTI_SANITIZE ? Infinity : 400 * mega;

const proc = (server, file) => fs.readFileSync(`/proc/${server.process.pid}/${file}`, 'utf8');
const peak = (server) => Number(proc(server, 'status').match(/VmHWM:\s+(\d+)/)[1]) * 1024;
const processorSeconds = (server) => {
  const fields = proc(server, 'stat').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

const chat = (content, more = {}) => ({ model, messages: [{ role: 'user', content }], ...more });
async function answered(server, headers) {
  const answer = await server.post('/v1/chat/completions', chat('hello', { max_tokens: 8 }), headers);
  assert.equal(answer.status, 200, await answer.text());
}

async function against(options, attack) {
  const server = await Server.start(...options);
  try {
    await answered(server);
    await attack(server);
    await answered(server);
    assert.ok(peak(server) < most, `${peak(server) / mega} MiB were held`);
  } finally {
    await server.stop();
  }
}

// The message of a refusal, whatever its status.
async function refusal(answer) {
  assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status}`);
  const { error } = await answer.json();
  return `${error.param} ${error.code} ${error.message}`;
}

// Sends `piece` until the other end has had enough of it, `pieces` times at most; resolves to what the
// server said, or '' where it just hung up.
async function pour(server, head, piece, pieces) {
  const socket = net.connect(server.port, '127.0.0.1');
  let said = '', over = false;
  socket.on('data', (data) => { said += data; });
  socket.on('error', () => {});
  const closed = once(socket, 'close').then(() => { over = true; });
  await once(socket, 'connect');
  socket.write(head);
  for (let i = 0; i < pieces && !over && !said.includes('HTTP/1.1 4'); ++i)
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), closed]);
  assert.ok(over || said.includes('HTTP/1.1 4'), `${pieces} times ${piece.length} bytes were taken`);
  socket.destroy();
  return said;
}

const chunked = 'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
for (const [name, begin] of Object.entries({
  'a chunk extension': '1;', 'a trailer': '1\r\n{\r\n0\r\nX: ', 'a header': undefined }))
  test(`${name} without an end`, () => against([], async (server) => {
    const head = begin ? chunked + begin : chunked.replace('\r\n\r\n', '\r\nX: ');
    await pour(server, head, 'a'.repeat(mega), 64);
  }));

test('trailers without an end', () => against([], (server) =>
  pour(server, `${chunked}1\r\n{\r\n0\r\n`, `X-A: ${'y'.repeat(50)}\r\n`.repeat(20_000), 64)));

test('many unfinished messages', () => against([], async (server) => {
  const size = 32 * mega;
  const upgrade = 'GET /v1/realtime HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  const head = Buffer.alloc(14); // a masked text of `size` bytes; the mask is 0
  head[0] = 0x81, head[1] = 0xff;
  head.writeBigUInt64BE(BigInt(size), 2);
  const piece = Buffer.alloc(mega, 'a');
  const sockets = [];
  for (let i = 0; i < 24; ++i) {
    const socket = net.connect(server.port, '127.0.0.1');
    let open = true;
    socket.on('error', () => {});
    const closed = once(socket, 'close').then(() => { open = false; });
    socket.write(upgrade);
    const [said] = await once(socket, 'data');
    assert.match(String(said), /^HTTP\/1\.1 101/);
    socket.resume();
    socket.write(head);
    for (let sent = 0; open && sent < size - mega; sent += mega)
      if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), closed]);
    sockets.push(socket);
  }
  await answered(server);
  for (const socket of sockets) socket.destroy();
}));

// Processor seconds of a request, and its answer.
async function cost(server, where, body) {
  const before = processorSeconds(server);
  const answer = await server.post(where, body);
  const said = await refusal(answer);
  return { said, seconds: processorSeconds(server) - before };
}

test('a hundred thousand empty objects are read in linear time', () => against([], async (server) => {
  const body = (value) => `{"model":"${model}","messages":[${value}]}`;
  const objects = body(Array(99_000).fill('{}').join());
  const plain = await cost(server, '/v1/chat/completions', body(JSON.stringify('x'.repeat(objects.length))));
  const { seconds } = await cost(server, '/v1/chat/completions', objects);
  assert.ok(seconds < 10 * plain.seconds + 1, `${seconds} s, and ${plain.seconds} s for a string`);
}));

test('30 MB of text are measured, not tokenised', () => against([], async (server) => {
  const text = 'the red circle is '.repeat(30 * mega / 18);
  const bodies = { '/v1/chat/completions': chat(text), '/v1/embeddings': { model, input: text },
    '/v1/completions': { model, prompt: text }, '/v1/images/generations': { model, prompt: text },
    '/v1/responses': { model, input: text } };
  for (const [where, body] of Object.entries(bodies)) {
    const json = JSON.stringify(body);
    const read = await cost(server, where, json.slice(0, -1)); // no JSON, as its end shows
    const { said, seconds } = await cost(server, where, json);
    assert.match(said, /too long|at most|context/, where);
    assert.ok(seconds < 10 * read.seconds + 1, `${where}: ${seconds} s, and ${read.seconds} s to read it`);
  }
}));

test('many prompts with a long stop sequence', () => against([], async (server) => {
  const body = { model, prompt: Array(500).fill('a'), n: 2, stop: 'x'.repeat(mega) };
  const said = await refusal(await server.post('/v1/completions', body));
  assert.match(said, /^(prompt|stop)/);
}));

// A black PNG of 16 megapixels: 16 KB that take a decoder a good part of a second.
function slowPicture(width = 4096, height = 3900) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const size = Buffer.alloc(4), check = Buffer.alloc(4);
    size.writeUInt32BE(data.length), check.writeUInt32BE(crc32(body));
    return Buffer.concat([size, body, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0), header.writeUInt32BE(height, 4);
  header[8] = 8, header[9] = 2;
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(height * (3 * width + 1)))), chunk('IEND', Buffer.alloc(0))]);
}

// Runs all requests at once; the small client is answered before `latest` of them are.
async function answeredBefore(server, requests, latest, headers) {
  let ended = 0;
  const leave = new AbortController();
  const all = requests.map(([where, body, own]) => fetch(server.url + where, { method: 'POST', signal: leave.signal,
    headers: { 'content-type': 'application/json', ...own }, body: JSON.stringify(body) })
    .then(async (answer) => (await answer.arrayBuffer(), ++ended, answer.status), () => 0));
  await Promise.race([new Promise((resolve) => setImmediate(resolve)), ...all]);
  for (let i = 0; i < 3; ++i) await answered(server, headers);
  assert.ok(ended < latest, `${ended} of ${all.length} came first`);
  leave.abort();
  return Promise.all(all);
}

test('slow uploads hold nobody up but their sender', () => against([], async (server) => {
  const url = `data:image/png;base64,${slowPicture().toString('base64')}`;
  const body = chat(Array(16).fill({ type: 'image_url', image_url: { url } }));
  await answeredBefore(server, Array(8).fill(['/v1/chat/completions', body]), 4);
  assert.equal((await fetch(`${server.url}/v1/models`)).status, 200);
}));

test('turns go to keys first: much of one does not hold up little of another', async () => {
  const keys = path.join(folder, 'hostile-keys.json');
  const [alice, bob] = ['alice', 'bob'].map((who) => ({ authorization: `Bearer ${
    execFileSync(binary, ['serve', 'keys', 'add', who, '--keys', keys], { stdio: ['ignore', 'pipe', 'ignore'] }).toString().trim()}` }));
  const server = await Server.start('--keys', keys);
  try {
    const long = Array.from({ length: 64 }, (_, seed) => ['/v1/chat/completions',
      chat('tell me a long long story', { max_tokens: 400, temperature: 2, seed }), alice]);
    await answeredBefore(server, long, 32, bob);
    const texts = Array.from({ length: 2048 }, (_, i) => `a small red circle, number ${i}`);
    await answeredBefore(server, [['/v1/embeddings', { model, input: texts }, alice]], 1, bob);
    assert.ok(peak(server) < most);
  } finally {
    await server.stop();
  }
});
