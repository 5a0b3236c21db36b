// Attacks on a whole server, each beside a client that wants little: the server lives, it holds what
// its limits say, the other client is answered first, and what is refused names its limit. Nothing is
// asserted about times: work is compared by order, or by processor time with work of the same size.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { test } from 'node:test';
import { Server, model } from './server.mjs';

const mega = 2 ** 20;
const most = 400 * mega;

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
