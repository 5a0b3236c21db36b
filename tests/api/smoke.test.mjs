// The one test on the shipped file: what the demo shows comes out of the server too.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Server, demo, source, toFile } from './server.mjs';

const model = 'tutti-nano';
let server, client;
before(async () => {
  server = await Server.startWith(path.join(source, 'models', `${model}.safetensors`));
  client = server.client();
});
after(() => server?.stop());

const dataUrl = (type, name) => `data:${type};base64,${demo(name).toString('base64')}`;
async function say(...content) {
  const { choices } = await client.chat.completions.create({ model, messages: [{ role: 'user', content }] });
  return choices[0].message.content;
}

test('captions, answers and transcripts', async () => {
  const picture = { type: 'image_url', image_url: { url: dataUrl('image/png', 'picture.png') } };
  const clip = { type: 'video_url', video_url: { url: dataUrl('video/mp4', 'clip.mp4') } };
  assert.equal(await say(picture), 'two blue triangles');
  assert.equal(await say(picture, { type: 'text', text: 'How many triangles are there?' }), 'two');
  assert.equal(await say(clip), 'a brown square moves left');
  const file = await toFile(demo('speech.wav'), 'speech.wav');
  assert.match((await client.audio.transcriptions.create({ model, file })).text, /blue/); // it is not good at it
  const { status, output_text } = await client.responses.create({ model, input: 'What is red?' });
  assert.equal(status, 'completed');
  assert.ok(output_text.length > 0);
});

test('a picture and speech', async () => {
  const { data } = await client.images.generate({ model, prompt: 'a red circle', seed: 1 });
  const png = Buffer.from(data[0].b64_json, 'base64');
  assert.equal(png.subarray(1, 4).toString(), 'PNG');
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [64, 64]);
  const answer = await client.audio.speech.create(
    { model, voice: 'tutti', input: 'two blue triangles', response_format: 'pcm' });
  const seconds = (await answer.arrayBuffer()).byteLength / 2 / 24000;
  assert.ok(seconds > 0.5 && seconds < 10, `${seconds} s of speech`);
});
