// A `tutti serve` of one's own on a free port, with a tiny model of random weights, and the official
// client. Nothing here knows how long anything takes: `until` waits for what happens, and gives up
// after minutes.
import { execFileSync, spawn } from 'node:child_process';
import buffer from 'node:buffer';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

globalThis.File ??= buffer.File; // Node 18

// The client under test: "openai", the newest, or "openai-6", the major before.
const name = process.env.OPENAI_CLIENT ?? 'openai';
export const { default: OpenAI, toFile } = await import(name);
export const clientModule = (where) => import(`${name}/${where}`);

function needed(variable) {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set; run these tests with ctest`);
  return value;
}
export const source = needed('TUTTI_SOURCE_DIR');
export const binary = needed('TUTTI_BINARY');
export const demo = (file) => fs.readFileSync(path.join(source, 'models/demo', file));

// Gone when the tests are.
export const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tutti-api-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

export const tinyModel = needed('TINY_MODEL');
export const model = path.basename(tinyModel, '.safetensors');

// Paths of a new certificate of localhost and of its private key.
export function makeCertificate() {
  const [certificate, key] = ['certificate.pem', 'key.pem'].map((file) => path.join(folder, file));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key,
    '-out', certificate], { stdio: 'ignore' });
  return { certificate, key };
}

let servers = 0;

export class Server {
  // Starts one with these options and waits until it listens.
  static start(...options) {
    return Server.startWith(tinyModel, ...options);
  }

  static async startWith(file, ...options) {
    const server = new Server();
    server.process = spawn(binary, ['serve', '--model', file, '--port', '0', '--store',
      path.join(folder, `store.${++servers}`), ...options]);
    server.log = '';
    process.on('exit', () => server.process.kill('SIGKILL'));
    server.process.stderr.setEncoding('utf8');
    server.ended = new Promise((resolve) => server.process.on('close', (code) => resolve(code)));
    const [, scheme, port] = await new Promise((resolve, reject) => {
      server.process.stderr.on('data', (piece) => {
        server.log += piece;
        const found = server.log.match(/on (https?):\/\/[^:]+:(\d+)/);
        if (found) resolve(found);
      });
      server.ended.then((code) => reject(new Error(`the server ended with ${code}: ${server.log}`)));
    });
    server.port = Number(port);
    server.url = `${scheme}://${scheme === 'https' ? 'localhost' : '127.0.0.1'}:${port}`;
    return server;
  }

  client(options = {}) {
    return new OpenAI({ baseURL: `${this.url}/v1`, apiKey: 'none', maxRetries: 0, ...options });
  }

  post(where, body, headers = {}) {
    return fetch(this.url + where, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  // A number of /metrics, e.g. metric('tutti_jobs_running').
  async metric(name, headers = {}) {
    const text = await (await fetch(`${this.url}/metrics`, { headers })).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    if (!line) throw new Error(`no ${name} in ${text}`);
    return Number(line.slice(name.length + 1));
  }

  stop() {
    this.process.kill('SIGKILL');
    return this.ended;
  }
}

// How long anything may take that is waited for. Nothing is expected to be quick.
export const patience = 240_000;

// Asks again until it holds.
export async function until(holds) {
  for (const end = Date.now() + patience; Date.now() < end;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`never held: ${holds}`);
}
