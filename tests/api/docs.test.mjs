// The documents' examples that need a server, exactly as they are printed: every block under
// "<!-- tested with a server -->". They speak to port 8080 and ask for `tutti-nano`; here the
// connections are led to another port, where a tiny model has that name.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Server, folder, makeCertificate, source, tinyModel } from './server.mjs';

const run = promisify(execFile);
// Within the folder of the packages, so that `openai` is found.
const work = fs.mkdtempSync(path.join(import.meta.dirname, 'docs-'));
const redirect = path.join(work, 'redirect.mjs');
let plain, secure, certificate;

before(async () => {
  const model = path.join(folder, 'tutti-nano.safetensors');
  fs.copyFileSync(tinyModel, model);
  fs.symlinkSync(path.join(source, 'models'), path.join(work, 'models'));
  fs.writeFileSync(redirect, `import net from 'node:net';
    const connect = net.Socket.prototype.connect;
    net.Socket.prototype.connect = function (...given) {
      const options = Array.isArray(given[0]) ? given[0][0] : given[0];
      if (Number(options?.port) === 8080) options.port = Number(process.env.REAL_PORT);
      return connect.apply(this, given);
    };`);
  const made = makeCertificate();
  certificate = made.certificate;
  plain = await Server.startWith(model);
  secure = await Server.startWith(model, '--certificate', certificate, '--private-key', made.key);
});
after(async () => {
  fs.rmSync(work, { recursive: true });
  await Promise.all([plain?.stop(), secure?.stop()]);
});

function blocks(document) {
  const text = fs.readFileSync(path.join(source, document), 'utf8');
  return [...text.matchAll(/^<!-- tested with a server -->\n```(\w+)\n([^]*?)^```$/gm)]
    .map(([, language, code]) => ({ language, code }));
}

async function perform({ language, code }, server) {
  const environment = { ...process.env, REAL_PORT: String(server.port), CURL_HOME: work,
    NODE_EXTRA_CA_CERTS: certificate, NODE_OPTIONS: `--import ${pathToFileURL(redirect)}` };
  delete environment.NODE_TEST_CONTEXT;
  if (language === 'sh') {
    fs.writeFileSync(path.join(work, '.curlrc'), `connect-to = ":8080::${server.port}"\nfail\nsilent\nshow-error\n`);
    return (await run('bash', ['-euo', 'pipefail', '-c', code], { cwd: work, env: environment })).stdout;
  }
  assert.equal(language, 'js');
  const file = path.join(work, 'example.mjs');
  fs.writeFileSync(file, code);
  return (await run(process.execPath, [file], { cwd: work, env: environment })).stdout;
}

const examples = { 'README.md': ['sh', 'js'], 'README.zh-CN.md': ['sh', 'js'], 'docs/serving.md': ['js'] };
for (const [document, languages] of Object.entries(examples))
  test(`the examples of ${document}`, async () => {
    const found = blocks(document);
    assert.deepEqual(found.map(({ language }) => language), languages);
    for (const block of found) {
      const said = path.join(work, 'said.wav');
      fs.rmSync(said, { force: true });
      const printed = await perform(block, block.code.includes('https://') ? secure : plain);
      assert.ok(printed.length > 1, block.code);
      if (block.code.includes('said.wav'))
        assert.equal(fs.readFileSync(said).subarray(0, 4).toString(), 'RIFF');
    }
  });
