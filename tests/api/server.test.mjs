// The server around the endpoints: keys, limits, busy, clients that leave, TLS, CORS, draining.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { test } from 'node:test';
import { Server, binary, folder, makeCertificate, model, until } from './server.mjs';

const ask = (more = {}) => ({ model, messages: [{ role: 'user', content: 'hello' }], ...more });

async function with_server(options, work) {
  const server = await Server.start(...options);
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

// A drawing that is still under way, on any machine, whatever a test does meanwhile: without vector
// instructions it takes seconds. It shows itself after every fourth of its steps, small, so that
// encoding what it shows does not take longer than drawing.
process.env.TUTTI_ISA = 'scalar';
const endless = { model, prompt: 'a red circle', size: '64x64', steps: 256, stream: true, partial_images: 64 };
const draw = (server, signal, what = endless) => fetch(`${server.url}/v1/images/generations`,
  { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(what), signal });

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
  await with_server(['--max-body', '4096', '--max-tokens', '5'], async (server) => {
    const large = await server.post('/v1/chat/completions', ask({ user: 'x'.repeat(5000) }));
    assert.equal(large.status, 413);
    const tokens = await (await server.post('/v1/chat/completions',
      ask({ max_tokens: 16384, temperature: 2 }))).json();
    assert.ok(tokens.usage.completion_tokens <= 5);
    if (tokens.usage.completion_tokens === 5) assert.equal(tokens.choices[0].finish_reason, 'length');
    const packed = await server.post('/v1/chat/completions', ask(), { 'content-encoding': 'gzip' });
    assert.equal(packed.status, 415);
  });
  await with_server(['--max-seconds', '0.05'], async (server) => {
    const slow = await server.post('/v1/images/generations', { ...endless, stream: false, partial_images: 0 });
    assert.equal(slow.status, 504);
  });
});

test('a full queue says when to come back', async () => {
  await with_server(['--queue', '1'], async (server) => {
    const leave = new AbortController();
    const first = await draw(server, leave.signal); // it has shown something: it is being drawn
    const others = Array.from({ length: 12 }, () => draw(server, leave.signal));
    const refused = await Promise.any(others.map(async (other) => {
      const answer = await other;
      assert.equal(answer.status, 429);
      return answer;
    }));
    assert.equal(first.status, 200);
    assert.ok(Number(refused.headers.get('retry-after')) >= 1);
    assert.equal((await refused.json()).error.type, 'rate_limit_error');
    leave.abort();
    for (const end of await Promise.allSettled(others))
      assert.ok(end.reason?.name === 'AbortError' || [200, 429].includes(end.value.status), end.reason);
  });
});

test('a client that leaves stops its job', async () => {
  await with_server([], async (server) => {
    const leave = new AbortController();
    const reader = (await draw(server, leave.signal)).body.getReader();
    assert.ok((await reader.read()).value.length > 0);
    assert.equal(await server.metric('tutti_jobs_running'), 1);
    leave.abort();
    reader.closed.catch(() => {}); // Node 18 never settles it
    await until(async () => (await server.metric('tutti_jobs_running')) === 0);
    assert.equal(await server.metric('tutti_jobs_total{kind="paint",end="cancelled"}'), 1);
  });
});

test('draining: what runs ends, what comes is turned away', async () => {
  const server = await Server.start('--drain', '600', '--max-seconds', '600');
  const answer = await draw(server, undefined, { ...endless, steps: 64 });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let said = (await reader.read()).value;
  server.process.kill('SIGTERM');
  await until(() => server.log.includes('letting requests end'));
  await assert.rejects(fetch(`${server.url}/healthz`));
  assert.ok(!said.includes('image_generation.completed'));
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) said += piece.value;
  assert.ok(said.includes('image_generation.completed'));
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
  const { certificate, key } = makeCertificate();
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
