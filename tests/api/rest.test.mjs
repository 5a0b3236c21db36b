// Every endpoint but the realtime one, with the official client.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, demo, model, toFile } from './server.mjs';

let server, client;
const dataUrl = (type, name) => `data:${type};base64,${demo(name).toString('base64')}`;
const picture = { type: 'image_url', image_url: { url: dataUrl('image/png', 'picture.png') } };
const video = { type: 'video_url', video_url: { url: dataUrl('video/mp4', 'clip.mp4') } };
const sound = {
  type: 'input_audio',
  input_audio: { format: 'wav', data: demo('speech.wav').toString('base64') },
};
const ask = (content, more = {}) => ({ model, messages: [{ role: 'user', content }], ...more });
const magic = (bytes) => Buffer.from(bytes).subarray(0, 4).toString('latin1');

async function collect(stream) {
  const all = [];
  for await (const one of stream) all.push(one);
  return all;
}

before(async () => {
  server = await Server.start();
  client = server.client();
});
after(() => server.stop());

test('models', async () => {
  const list = await collect(client.models.list());
  assert.deepEqual(list.map((one) => one.id), [model]);
  assert.equal((await client.models.retrieve(model)).object, 'model');
  await assert.rejects(client.models.retrieve('gpt'), { status: 404, code: 'model_not_found' });
});

test('chat: every kind of part, and the same answer whole and streamed', async () => {
  for (const content of ['hello', [picture], [picture, { type: 'text', text: 'what colour?' }], [video], [sound]]) {
    const whole = await client.chat.completions.create(ask(content));
    const { message, finish_reason } = whole.choices[0];
    assert.ok(message.content.length > 0);
    assert.ok(['stop', 'length'].includes(finish_reason));
    assert.equal(whole.usage.total_tokens, whole.usage.prompt_tokens + whole.usage.completion_tokens);
    const chunks = await collect(await client.chat.completions.create(
      ask(content, { stream: true, stream_options: { include_usage: true } })));
    assert.equal(chunks[0].choices[0].delta.role, 'assistant');
    assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), message.content);
    assert.equal(chunks.at(-2).choices[0].finish_reason, finish_reason);
    assert.deepEqual(chunks.at(-1).usage, whole.usage);
  }
});

// Any change of what the model reads changes what it says at a temperature.
const freely = { temperature: 2, max_tokens: 24, seed: 3, n: 4 };
const saying = (answer) => answer.choices.map((choice) => choice.message.content).join('|');
const user = (content) => ({ role: 'user', content });
const assistant = (content) => ({ role: 'assistant', content });
const text = (text) => ({ type: 'text', text });

test('chat: a picture shown two messages ago is asked about', async () => {
  const grey = (await client.images.generate({ prompt: 'a green house', seed: 4 })).data[0].b64_json;
  const other = { type: 'image_url', image_url: { url: `data:image/png;base64,${grey}` } };
  const say = async (...messages) => {
    const answer = await client.chat.completions.create({ model, messages, ...freely });
    return { text: saying(answer), rows: answer.usage.prompt_tokens };
  };
  const talk = (shown, first = 'three') => say({ role: 'system', content: 'be brief' },
    user([...shown, text('How many shapes are there?')]), assistant(first),
    user('What colour are they?'), assistant([{ type: 'text', text: 'red' }]), user('What is red?'));
  const seen = await talk([picture]);
  assert.deepEqual(await talk([picture]), seen);
  assert.notEqual((await talk([other])).text, seen.text);            // it sees the picture,
  assert.notEqual((await talk([picture], 'none')).text, seen.text);  // reads its own answers,
  assert.equal(seen.rows - (await talk([])).rows, 16 - 1);           // 16 rows for the picture, one for <s>
  const alone = await say(user([picture, text('What is red?')]));
  const parts = ['How many shapes are there?', 'three', 'What colour are they?', 'red'];
  assert.ok(seen.rows > alone.rows + parts.length);                  // and everything between
  // Instructions are not read, nor an answer behind the last question.
  const same = await say(user([picture, text('How many shapes are there?')]), assistant('three'),
    user('What colour are they?'), assistant('red'), user('What is red?'), assistant('no'));
  assert.deepEqual(same, seen);
});

test('chat: a conversation longer than the context keeps its end, and the picture it is about', async () => {
  const long = 'one two three four five ';
  const messages = [user([picture, text('What is this?')]), assistant('a thing')];
  for (let i = 0; i < 30; ++i) messages.push(user(`${i} ${long}`), assistant(`answer ${i}`));
  messages.push(user('What colour is it?'));
  const ask = async (all) => client.chat.completions.create({ model, messages: all, ...freely });
  const whole = await ask(messages);
  assert.ok(whole.usage.prompt_tokens + 24 <= 512);
  assert.ok(whole.usage.prompt_tokens > 256, 'most of the context is used');
  const changed = (at, content) => ask(messages.map((one, i) => (i === at ? { ...one, content } : one)));
  const said = saying(whole);
  assert.equal(saying(await changed(3, 'other')), said, 'too long ago to be read');
  assert.notEqual(saying(await changed(messages.length - 2, 'other')), said);
  assert.equal((await changed(0, [text('What is this?')])).usage.prompt_tokens < whole.usage.prompt_tokens, true,
    'the picture was read, however long ago it was shown');
});

test('chat: sound and video earlier in a conversation', async () => {
  for (const shown of [sound, video]) {
    const messages = [user([shown]), assistant('something'), user('What was it?')];
    const { usage } = await client.chat.completions.create({ model, messages });
    const blind = await client.chat.completions.create({ model, messages: messages.slice(2) });
    assert.ok(usage.prompt_tokens > blind.usage.prompt_tokens + 8);
  }
  // Sound in the last turn is spelled out whatever was said before.
  const alone = await client.chat.completions.create(ask([sound]));
  const later = await client.chat.completions.create({ model, messages: [user('hello'), assistant('hello'), user([sound])] });
  assert.equal(later.choices[0].message.content, alone.choices[0].message.content);
  // No more than the newest sixteen are decoded: the broken one is older.
  const broken = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
  const many = [user([broken]), assistant('a'), ...Array(16).fill([user([picture]), assistant('b')]).flat()];
  await client.chat.completions.create({ model, messages: [...many, user('and now?')] });
  await assert.rejects(client.chat.completions.create({ model, messages: [...many.slice(0, 4), user('and now?')] }),
    { status: 400, param: 'messages[0].content[0].image_url' });
});

test('responses: earlier items of the input are read', async () => {
  const image = { type: 'input_image', image_url: picture.image_url.url, detail: 'auto' };
  const say = async (...input) => (await client.responses.create({ model, input })).usage.input_tokens;
  const question = { role: 'user', content: 'Is one of them a circle?' };
  const whole = await say({ role: 'user', content: [image, { type: 'input_text', text: 'How many?' }] },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'three', annotations: [] }] }, question);
  assert.ok(whole > (await say(question)) + 16);
});

test('chat: choices, seeds, limits and stop sequences', async () => {
  const free = { temperature: 1.5, max_tokens: 12 };
  const two = await client.chat.completions.create(ask('hello', { ...free, n: 2, seed: 5 }));
  const second = await client.chat.completions.create(ask('hello', { ...free, seed: 6 }));
  assert.equal(two.choices.length, 2);
  assert.equal(two.choices[1].message.content, second.choices[0].message.content);
  const short = await client.chat.completions.create(ask('hello', { max_completion_tokens: 3 }));
  assert.equal(short.usage.completion_tokens, 3);
  assert.equal(short.choices[0].finish_reason, 'length');
  const whole = (await client.chat.completions.create(ask('hello'))).choices[0].message.content;
  const stop = whole.slice(4, 7);
  const cut = await client.chat.completions.create(ask('hello', { stop }));
  assert.equal(cut.choices[0].message.content, whole.slice(0, whole.indexOf(stop)));
});

test('chat: speech out, whole and streamed', async () => {
  const spoken = { modalities: ['text', 'audio'], max_tokens: 8 };
  const whole = await client.chat.completions.create(
    ask('hello', { ...spoken, audio: { voice: 'alloy', format: 'wav' } }));
  const { audio } = whole.choices[0].message;
  assert.equal(magic(Buffer.from(audio.data, 'base64')), 'RIFF');
  const chunks = await collect(await client.chat.completions.create(
    ask('hello', { ...spoken, stream: true, audio: { voice: 'alloy', format: 'pcm16' } })));
  const pieces = chunks.flatMap((chunk) => chunk.choices[0]?.delta.audio ?? []);
  assert.equal(pieces.map((piece) => piece.transcript ?? '').join(''), audio.transcript);
  const pcm = Buffer.concat(pieces.map((piece) => Buffer.from(piece.data ?? '', 'base64')));
  const seconds = (Buffer.from(audio.data, 'base64').length - 44) / 2 / 16000;
  assert.ok(Math.abs(pcm.length / 2 / 24000 - seconds) < 0.01, `${pcm.length} against ${seconds} s`);
});

test('responses', async () => {
  const asked = { model, input: 'hello', max_output_tokens: 64 };
  const whole = await client.responses.create(asked);
  // Random weights may have no end.
  const status = whole.usage.output_tokens < asked.max_output_tokens ? 'completed' : 'incomplete';
  assert.equal(whole.status, status);
  assert.ok(whole.output_text.length > 0);
  const events = await collect(await client.responses.create({ ...asked, stream: true }));
  assert.equal(events[0].type, 'response.created');
  assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, i) => i));
  const deltas = events.filter((event) => event.type === 'response.output_text.delta');
  assert.equal(deltas.map((event) => event.delta).join(''), whole.output_text);
  assert.equal(events.at(-1).type, `response.${status}`);
  assert.equal(events.at(-1).response.output[0].content[0].text, whole.output_text);
  const seen = await client.responses.create({ model, input: [{ role: 'user', content: [
    { type: 'input_text', text: 'what colour?' },
    { type: 'input_image', image_url: picture.image_url.url, detail: 'auto' },
  ] }] });
  assert.ok(seen.output_text.length > 0);
  await assert.rejects(client.responses.create({ ...asked, previous_response_id: 'resp_1' }),
    { status: 400, param: 'previous_response_id' });
});

test('completions', async () => {
  const asked = { model, prompt: ['hello', 'good morning'], max_tokens: 6 };
  const whole = await client.completions.create(asked);
  assert.equal(whole.choices.length, 2);
  const chunks = await collect(await client.completions.create({ ...asked, stream: true }));
  for (const { index, text } of whole.choices)
    assert.equal(chunks.flatMap((chunk) => chunk.choices).filter((one) => one.index === index)
      .map((one) => one.text).join(''), text);
});

test('embeddings of every kind are unit vectors', async () => {
  const floats = await client.embeddings.create(
    { model, input: ['a cat', picture, sound, video], encoding_format: 'float' });
  assert.equal(floats.data.length, 4);
  for (const { embedding } of floats.data)
    assert.ok(Math.abs(Math.hypot(...embedding) - 1) < 1e-3);
  const base64 = await client.embeddings.create({ model, input: 'a cat' }); // the client's default
  base64.data[0].embedding.forEach((value, i) =>
    assert.ok(Math.abs(value - floats.data[0].embedding[i]) < 1e-6));
});

test('pictures: sizes, seeds, formats, previews', async () => {
  const asked = { prompt: 'a red apple', n: 2, size: '128x96', seed: 7 };
  const { data } = await client.images.generate(asked);
  const png = data.map((one) => Buffer.from(one.b64_json, 'base64'));
  assert.equal(png[0].readUInt32BE(16), 128);
  assert.equal(png[0].readUInt32BE(20), 96);
  assert.notDeepEqual(png[0], png[1]);
  const again = await client.images.generate({ ...asked, n: 1, seed: 8 });
  assert.equal(again.data[0].b64_json, data[1].b64_json);
  const jpeg = await client.images.generate({ prompt: 'a red apple', output_format: 'jpeg' });
  assert.equal(magic(Buffer.from(jpeg.data[0].b64_json, 'base64')).slice(0, 3), '\xff\xd8\xff');
  const events = await collect(await client.images.generate(
    { ...asked, n: 1, stream: true, partial_images: 3 }));
  assert.deepEqual(events.map((event) => event.type), [
    ...Array(3).fill('image_generation.partial_image'), 'image_generation.completed']);
  assert.deepEqual(events.slice(0, 3).map((event) => event.partial_image_index), [0, 1, 2]);
  assert.equal(events[3].b64_json, data[0].b64_json);
});

test('speech: every format, in pieces, as events', async () => {
  const asked = { model, voice: 'alloy', input: 'Good morning. How are you today?' };
  const first = { wav: 'RIFF', mp3: 'ID3\x04', flac: 'fLaC', opus: 'OggS' };
  for (const response_format of ['wav', 'mp3', 'flac', 'opus', 'aac', 'pcm']) {
    const answer = await client.audio.speech.create({ ...asked, response_format });
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.ok(bytes.length > 1000, response_format);
    if (first[response_format]) assert.equal(magic(bytes), first[response_format]);
  }
  const pcm = Buffer.from(await (await client.audio.speech.create(
    { ...asked, response_format: 'pcm' })).arrayBuffer());
  const events = (await (await server.post('/v1/audio/speech',
    { ...asked, response_format: 'pcm', stream_format: 'sse' })).text())
    .split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)));
  assert.equal(events.at(-1).type, 'speech.audio.done');
  assert.ok(events.length > 2, 'more than one piece');
  assert.deepEqual(Buffer.concat(events.slice(0, -1).map((one) => Buffer.from(one.audio, 'base64'))), pcm);
});

test('transcriptions', async () => {
  const file = () => toFile(demo('speech.wav'), 'speech.wav');
  const { text } = await client.audio.transcriptions.create({ model, file: await file() });
  assert.ok(text.length > 0);
  const plain = await client.audio.transcriptions.create(
    { model, file: await file(), response_format: 'text' });
  assert.equal(plain.trim(), text);
  const create = async (more) => client.audio.transcriptions.create({ model, file: await file(), ...more });
  const long = await create({ response_format: 'verbose_json' });
  assert.ok(long.duration > 1 && long.duration < 3);
  assert.equal(long.words, undefined);
  assert.equal(long.segments.map((segment) => segment.text).join(' '), text.trim().replace(/ +/g, ' '));
  for (const { start, end, avg_logprob } of long.segments)
    assert.ok(start >= 0 && end > start && end <= long.duration + 0.01 && avg_logprob < 0);
  const timed = await create({ response_format: 'verbose_json', timestamp_granularities: ['word'] });
  assert.equal(timed.segments, undefined);
  assert.deepEqual(timed.words.map(({ word }) => word), text.trim().split(/ +/));
  timed.words.forEach(({ start, end }, i) =>
    assert.ok(end > start && start >= (timed.words[i - 1]?.end ?? 0) && end <= long.duration + 0.01));
  const both = await create({ response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'] });
  assert.deepEqual(both.words, timed.words);
  assert.deepEqual(both.segments, long.segments);
  const clock = '\\d\\d:\\d\\d:\\d\\d';
  assert.match(await create({ response_format: 'srt' }), new RegExp(`^1\n${clock},\\d{3} --> ${clock},\\d{3}\n.+\n\n`));
  assert.match(await create({ response_format: 'vtt' }), new RegExp(`^WEBVTT\n\n${clock}\\.\\d{3} --> ${clock}\\.\\d{3}\n.+\n\n`));
  for (const [more, param] of [[{ response_format: 'docx' }, 'response_format'],
    [{ timestamp_granularities: ['word'] }, 'timestamp_granularities'],
    [{ response_format: 'verbose_json', timestamp_granularities: ['letter'] }, 'timestamp_granularities'],
    [{ response_format: 'srt', stream: true }, 'stream']])
    await assert.rejects(create(more), { status: 400, param });
  const events = await collect(await client.audio.transcriptions.create(
    { model, file: await file(), stream: true }));
  assert.equal(events.at(-1).type, 'transcript.text.done');
  assert.equal(events.at(-1).text, text);
});

test('every path of the document is there', async () => {
  const document = await (await fetch(`${server.url}/openapi.json`)).json();
  for (const [where, methods] of Object.entries(document.paths))
    for (const method of Object.keys(methods)) {
      const url = server.url + where.replace('{model}', model);
      const answer = await fetch(url, { method: method.toUpperCase() });
      // Where {id} names nothing, 404 speaks of the thing, not of the path.
      const { error } = answer.status === 404 ? await answer.json() : {};
      assert.ok(answer.status !== 405 && error?.code !== 'unknown_url', `${method} ${where}: ${answer.status}`);
    }
});

test('what is wrong is told with its parameter', async () => {
  const cases = [
    [ask('x', { model: 'gpt-4' }), 404, 'model'],
    [{ model }, 400, 'messages'],
    [{ model, messages: [] }, 400, 'messages'],
    [ask('x', { temperature: 9 }), 400, 'temperature'],
    [ask('x', { max_tokens: -1 }), 400, 'max_tokens'],
    [ask('x', { tools: [{ type: 'function' }] }), 400, 'tools'],
    [ask('x', { response_format: { type: 'json_object' } }), 400, 'response_format'],
    [ask([{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }]), 400,
      'messages[0].content[0].image_url'],
    [ask([{ type: 'image_url', image_url: { url: `${server.url}/healthz` } }]), 400,
      'messages[0].content[0].image_url'],
    [ask([{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }]), 400,
      'messages[0].content[0].image_url'],
    [ask([{ type: 7 }]), 400, 'messages[0].content[0].type'],
    [ask(Array(17).fill(picture)), 400, 'messages'],
    [ask(5), 400, 'messages[0].content'],
  ];
  for (const [body, status, param] of cases)
    await assert.rejects(client.chat.completions.create(body),
      (error) => error.status === status && error.param === param && error.error.message.length > 0,
      `${JSON.stringify(body).slice(0, 200)} should blame ${param}`);
  await assert.rejects(client.chat.completions.create(ask(5)), /a string or an array of parts/);
  assert.equal((await server.post('/v1/chat/completions', '{"model":')).status, 400);
  assert.equal((await server.post('/v1/images/generations', { prompt: 'x', size: '9999x9999' })).status, 400);
  assert.equal((await server.post('/v1/audio/speech', { model, input: 'x'.repeat(5000) })).status, 400);
});
