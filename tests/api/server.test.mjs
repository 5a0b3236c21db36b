// The server around the endpoints: keys, limits, busy, clients that leave, TLS, CORS, draining.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Server, binary, model, until } from './server.mjs';

const ask = (more = {}) => ({ model, messages: [{ role: 'user', content: 'hello' }], ...more });
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tutti-api-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true }));

async function with_server(options, work) {
  const server = await Server.start(...options);
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

// A job of seconds: a long text is spoken.
const long = { model, voice: 'any', response_format: 'pcm', input: 'One two three four. '.repeat(200) };

test('keys: only their holders come in, and logs do not tell them', async () => {
  const file = path.join(folder, 'keys.json');
  const key = execFileSync(binary, ['serve', 'keys', 'add', 'alice', '--keys', file]).toString().trim();
  assert.ok(!fs.readFileSync(file, 'utf8').includes(key));
  await with_server(['--keys', file], async (server) => {
    const create = (apiKey) => server.client({ apiKey }).chat.completions.create(ask({ max_tokens: 2 }));
    await assert.rejects(create('wrong'), { status: 401, code: 'invalid_api_key' });
    assert.ok((await create(key)).choices.length);
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    assert.equal((await fetch(`${server.url}/metrics`)).status, 401);
    await until(() => server.log.includes('alice'));
    assert.ok(!server.log.includes(key) && !server.log.includes('wrong'));
  });
});

test('other machines need a key', () => {
  assert.throws(() => execFileSync(binary, ['serve', '--address', '0.0.0.0', '--port', '0'],
    { stdio: 'pipe' }), (error) => error.status === 2 && error.stderr.includes('--keys'));
});

test('limits: body, tokens, wall time, compression', async () => {
  await with_server(['--max-body', '4096', '--max-tokens', '5', '--max-seconds', '0.05'], async (server) => {
    const large = await server.post('/v1/chat/completions', ask({ user: 'x'.repeat(5000) }));
    assert.equal(large.status, 413);
    const tokens = await server.post('/v1/chat/completions', ask({ max_tokens: 6 }));
    assert.equal((await tokens.json()).error.param, 'max_tokens');
    const packed = await server.post('/v1/chat/completions', ask(), { 'content-encoding': 'gzip' });
    assert.equal(packed.status, 415);
    const slow = await server.post('/v1/audio/speech', { ...long, response_format: 'mp3',
      input: long.input.slice(0, 3000) });
    assert.equal(slow.status, 504);
  });
});

test('a full queue says when to come back', async () => {
  await with_server(['--queue', '1'], async (server) => {
    const leave = new AbortController();
    const many = await Promise.all(Array.from({ length: 40 }, async () => {
      const answer = await fetch(`${server.url}/v1/audio/speech`,
        { method: 'POST', body: JSON.stringify({ ...long, stream_format: 'sse' }), signal: leave.signal });
      return answer;
    }));
    const refused = many.filter((answer) => answer.status === 429);
    assert.ok(refused.length > 0);
    assert.ok(many.every((answer) => [200, 429].includes(answer.status)));
    assert.ok(Number(refused[0].headers.get('retry-after')) >= 1);
    assert.equal((await refused[0].json()).error.type, 'rate_limit_error');
    leave.abort();
  });
});

test('a client that leaves stops its job', async () => {
  await with_server([], async (server) => {
    const leave = new AbortController();
    const answer = await server.client().audio.speech.create(long, { signal: leave.signal });
    const reader = answer.body.getReader();
    assert.ok((await reader.read()).value.length > 0);
    assert.equal(await server.metric('tutti_jobs_running'), 1);
    leave.abort();
    reader.closed.catch(() => {}); // Node 18 never settles it
    await until(async () => (await server.metric('tutti_jobs_running')) === 0);
    assert.equal(await server.metric('tutti_jobs_total{kind="speak",end="cancelled"}'), 1);
  });
});

test('draining: what runs ends, what comes is turned away', async () => {
  const server = await Server.start('--drain', '110'); // under a sanitizer on a busy machine 30 s are too few
  const answer = await server.post('/v1/audio/speech', { ...long, input: long.input.slice(0, 400) });
  const reader = answer.body.getReader();
  await reader.read();
  server.process.kill('SIGTERM');
  await until(() => server.log.includes('letting requests end'));
  await assert.rejects(fetch(`${server.url}/healthz`));
  let bytes = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) bytes += piece.value.length;
  assert.ok(bytes > 0);
  assert.equal(await server.ended, 0);
});

test('pages of other origins need leave', async () => {
  const origin = 'https://app.example';
  await with_server(['--cors', origin], async (server) => {
    const allowed = await server.post('/v1/chat/completions', ask({ max_tokens: 1 }), { origin });
    assert.equal(allowed.headers.get('access-control-allow-origin'), origin);
    const other = await server.post('/v1/chat/completions', ask(), { origin: 'https://evil.example' });
    assert.equal(other.status, 403);
    const status = await new Promise((resolve) => http.get(`${server.url}/healthz`,
      { headers: { host: 'evil.example' } }, (answer) => resolve(answer.statusCode)));
    assert.equal(status, 403);
  });
});

test('TLS', async () => {
  const [certificate, key] = ['certificate.pem', 'key.pem'].map((name) => path.join(folder, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-days', '2', '-subj', '/CN=localhost', '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  await with_server(['--certificate', certificate, '--private-key', key], async (server) => {
    const answer = await new Promise((resolve, reject) => {
      const request = https.request({ port: server.port, host: 'localhost', method: 'POST',
        path: '/v1/chat/completions', ca: fs.readFileSync(certificate) }, (response) => {
        let text = '';
        response.on('data', (piece) => { text += piece; });
        response.on('end', () => resolve({ status: response.statusCode, text }));
      });
      request.on('error', reject);
      request.end(JSON.stringify(ask({ max_tokens: 3 })));
    });
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.text).usage.completion_tokens, 3);
  });
});
