// A `tutti serve` of one's own on a free port, with the shipped model, and a client of it.
import { spawn } from 'node:child_process';
import buffer from 'node:buffer';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';

globalThis.File ??= buffer.File; // Node 18

export const source = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const binary = process.env.TUTTI_BINARY ?? path.join(source, 'build/all/apps/tutti/tutti');
export const model = 'tutti-nano';

export class Server {
  // Starts one with these options and waits until it listens.
  static async start(...options) {
    const server = new Server();
    const file = path.join(source, 'models', `${model}.safetensors`);
    server.process = spawn(binary, ['serve', '--model', file, '--port', '0', ...options]);
    server.log = '';
    server.process.stderr.setEncoding('utf8');
    server.ended = new Promise((resolve) => server.process.on('close', (code) => resolve(code)));
    const port = await new Promise((resolve, reject) => {
      server.process.stderr.on('data', (piece) => {
        server.log += piece;
        const found = server.log.match(/on https?:\/\/[^:]+:(\d+)/);
        if (found) resolve(Number(found[1]));
      });
      server.ended.then((code) => reject(new Error(`the server ended with ${code}: ${server.log}`)));
    });
    server.port = port;
    server.url = `http://127.0.0.1:${port}`;
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

// Asks again until it holds, for ten seconds at most.
export async function until(holds) {
  for (let i = 0; i < 200; ++i) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never held: ${holds}`);
}
