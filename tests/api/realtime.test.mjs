// /v1/realtime with the official client's realtime class (over TLS, which it insists on) and with
// ws: a spoken turn found by voice activity, a written one, cancelling, and what is refused.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { OpenAI, Server, clientModule, demo, makeCertificate, model, patience, until } from './server.mjs';

const { OpenAIRealtimeWS: OpenAIRealtimeBetaWS } = await clientModule('beta/realtime/ws');
const { OpenAIRealtimeWS } = await clientModule('realtime/ws');
let plain, secure;

before(async () => {
  const { certificate, key } = makeCertificate();
  plain = await Server.start('--log', 'none');
  secure = await Server.start('--log', 'none', '--certificate', certificate, '--private-key', key);
});

after(() => Promise.all([plain.stop(), secure.stop()]));

// How an answer ends: the tiny model's texts go on as long as they may.
const well = (status) => assert.match(status, /^(completed|incomplete)$/);

// Events of a socket in the order of their coming, with a way to wait for one.
class Events {
  all = [];
  #waiting = [];

  take(event) {
    this.all.push(event);
    this.#waiting = this.#waiting.filter(({ type, resolve }) => event.type !== type || (resolve(event), false));
  }
  // The next event of that type after those that were there when `from` was read.
  next(type, from = this.all.length) {
    const there = this.all.slice(from).find((event) => event.type === type);
    if (there) return Promise.resolve(there);
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`no ${type}; got ${this.all.map((event) => event.type).join(' ')}`));
      const timer = setTimeout(late, patience);
      this.#waiting.push({ type, resolve: (event) => (clearTimeout(timer), resolve(event)) });
    });
  }
  types(from = 0) {
    return this.all.slice(from).map((event) => event.type);
  }
}

async function open(query = '', server = plain) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/v1/realtime${query}`, ['realtime']);
  const events = new Events();
  socket.on('message', (message, binary) => (assert.ok(!binary), events.take(JSON.parse(message))));
  await new Promise((resolve, reject) => (socket.on('open', resolve), socket.on('error', reject)));
  await events.next('session.created', 0);
  const send = (event) => socket.send(typeof event === 'string' ? event : JSON.stringify(event));
  return { socket, events, send };
}

// The demo's speech (16 kHz, 8 bits in mu-law) as the 24 kHz PCM that sessions take by default.
function speech() {
  const wav = demo('speech.wav');
  const samples = [...wav.subarray(wav.indexOf('data') + 8)].map((byte) => {
    const bits = ~byte & 0xff;
    const size = ((((bits & 15) << 3) + 132) << ((bits >> 4) & 7)) - 132;
    return bits & 128 ? -size : size;
  });
  const pcm = Buffer.alloc(Math.floor((samples.length - 1) * 1.5) * 2);
  for (let i = 0; i < pcm.length / 2; ++i) {
    const at = Math.floor((i * 2) / 3), share = ((i * 2) % 3) / 3;
    pcm.writeInt16LE(Math.round(samples[at] + share * (samples[at + 1] - samples[at])), 2 * i);
  }
  return pcm;
}
const spoken = speech();
const silence = (seconds) => Buffer.alloc(Math.round(seconds * 24000) * 2);

function appendAll(send, pcm, piece = 4800) {
  for (let i = 0; i < pcm.length; i += piece)
    send({ type: 'input_audio_buffer.append', audio: pcm.subarray(i, i + piece).toString('base64') });
}

const written = (text) => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });

test('the official client: a written turn is answered in sound and text', async () => {
  const client = new OpenAI({ apiKey: 'none', baseURL: `${secure.url}/v1` });
  const realtime = new OpenAIRealtimeWS({ model, options: { rejectUnauthorized: false } }, client);
  const events = new Events();
  realtime.on('event', (event) => events.take(event));
  realtime.on('error', (error) => events.take({ type: 'client error', error }));
  const { session } = await events.next('session.created', 0);
  assert.equal(session.type, 'realtime');
  assert.equal(session.audio.input.turn_detection.type, 'server_vad');

  realtime.send({ type: 'session.update', session: { type: 'realtime', audio: { input: { turn_detection: null } } } });
  const updated = await events.next('session.updated', 0);
  assert.equal(updated.session.audio.input.turn_detection, null);
  realtime.send({ type: 'conversation.item.create', item: written('hello') });
  const item = (await events.next('conversation.item.done', 0)).item;
  assert.deepEqual(item.content, [{ type: 'input_text', text: 'hello' }]);

  realtime.send({ type: 'response.create' });
  const done = await events.next('response.done', 0);
  well(done.response.status);
  assert.ok(done.response.usage.output_tokens > 0);
  const deltas = (type) => events.all.filter((event) => event.type === type).map((event) => event.delta);
  const text = deltas('response.output_audio_transcript.delta').join('');
  assert.ok(text.length > 0);
  assert.equal(done.response.output[0].content[0].transcript, text);
  const samples = deltas('response.output_audio.delta').map((delta) => Buffer.from(delta, 'base64').length / 2);
  assert.ok(samples.reduce((a, b) => a + b, 0) > 2400, 'a tenth of a second at least');
  const order = ['response.created', 'response.output_item.added', 'response.content_part.added',
    'response.output_audio_transcript.delta', 'response.output_audio.delta', 'response.output_audio.done',
    'response.output_audio_transcript.done', 'response.content_part.done', 'response.output_item.done', 'response.done'];
  const places = order.map((type) => events.types().indexOf(type));
  assert.deepEqual(places, [...places].sort((a, b) => a - b));
  assert.ok(events.all.every((event) => event.event_id.length > 0));
  realtime.close();
});

// Listens to every event by its name, as the classes' types have them.
function official(Class, names) {
  const client = new OpenAI({ apiKey: 'none', baseURL: `${secure.url}/v1` });
  const realtime = new Class({ model, options: { rejectUnauthorized: false } }, client);
  const events = new Events();
  realtime.on('error', (error) => events.take({ type: 'error', error }));
  for (const name of names) realtime.on(name, (event) => events.take(event));
  const unknown = [];
  realtime.on('event', ({ type }) => names.includes(type) || type === 'error' || unknown.push(type));
  return { realtime, events, unknown };
}

test('the official beta client: names, sessions and content as they were in the beta', async () => {
  const names = ['session.created', 'session.updated', 'conversation.item.created', 'input_audio_buffer.committed',
    'input_audio_buffer.speech_started', 'input_audio_buffer.speech_stopped',
    'conversation.item.input_audio_transcription.delta', 'conversation.item.input_audio_transcription.completed',
    'response.created', 'response.output_item.added', 'response.content_part.added', 'response.audio_transcript.delta',
    'response.audio.delta', 'response.audio.done', 'response.audio_transcript.done', 'response.text.delta',
    'response.text.done', 'response.content_part.done', 'response.output_item.done', 'response.done'];
  const { realtime, events, unknown } = official(OpenAIRealtimeBetaWS, names);
  const { session } = await events.next('session.created', 0);
  assert.deepEqual(session.modalities, ['text', 'audio']);
  assert.equal(session.input_audio_format, 'pcm16');
  assert.equal(session.turn_detection.type, 'server_vad');
  assert.equal(session.max_response_output_tokens, 'inf');
  assert.ok(!('audio' in session) && !('output_modalities' in session));
  realtime.send({ type: 'session.update', session: { modalities: ['text', 'audio'], instructions: 'be kind', voice: 'tutti',
    input_audio_format: 'pcm16', output_audio_format: 'pcm16', input_audio_transcription: { model },
    turn_detection: { type: 'server_vad', silence_duration_ms: 400 }, max_response_output_tokens: 8 } });
  const updated = (await events.next('session.updated', 0)).session;
  assert.equal(updated.turn_detection.silence_duration_ms, 400);
  assert.equal(updated.instructions, 'be kind');
  assert.equal(updated.max_response_output_tokens, 8);
  assert.equal(updated.input_audio_transcription.model, model);
  appendAll((event) => realtime.send(event), Buffer.concat([silence(0.5), spoken, silence(1)]));
  const { response } = await events.next('response.done', 0);
  assert.deepEqual(response.modalities, ['text', 'audio']);
  assert.equal(response.output_audio_format, 'pcm16');
  assert.equal(response.max_output_tokens, 8);
  assert.equal(response.output[0].content[0].type, 'audio');
  const text = events.all.filter(({ type }) => type === 'response.audio_transcript.delta').map(({ delta }) => delta);
  assert.equal(response.output[0].content[0].transcript, text.join(''));
  assert.ok(events.types().includes('response.audio.delta'));

  realtime.send({ type: 'conversation.item.create', item: { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'yes' }] } });
  const from = events.all.length;
  realtime.send({ type: 'conversation.item.create', item: written('hello') });
  realtime.send({ type: 'response.create', response: { modalities: ['text'], max_response_output_tokens: 5 } });
  const second = (await events.next('response.done', from)).response;
  assert.deepEqual(second.modalities, ['text']);
  assert.equal(second.max_output_tokens, 5);
  assert.equal(second.output[0].content[0].type, 'text');
  assert.equal((await events.next('response.text.done', from)).text, second.output[0].content[0].text);
  realtime.send({ type: 'session.update', session: { input_audio_format: 'g711_ulaw' } });
  assert.match((await events.next('error', from)).error.message, /g711_ulaw/);
  assert.deepEqual(unknown, []);
  realtime.close();
});

test('the official client knows every event by its name; instructions are kept, not followed', async () => {
  const names = ['session.created', 'session.updated', 'conversation.item.added', 'conversation.item.done',
    'input_audio_buffer.committed', 'input_audio_buffer.speech_started', 'input_audio_buffer.speech_stopped',
    'conversation.item.input_audio_transcription.delta', 'conversation.item.input_audio_transcription.completed',
    'response.created', 'response.output_item.added', 'response.content_part.added', 'response.output_audio_transcript.delta',
    'response.output_audio.delta', 'response.output_audio.done', 'response.output_audio_transcript.done',
    'response.content_part.done', 'response.output_item.done', 'response.done'];
  const { realtime, events, unknown } = official(OpenAIRealtimeWS, names);
  await events.next('session.created', 0);
  realtime.send({ type: 'session.update', session: { type: 'realtime', instructions: 'answer in French',
    audio: { input: { transcription: { model } } } } });
  assert.equal((await events.next('session.updated', 0)).session.instructions, 'answer in French');
  appendAll((event) => realtime.send(event), Buffer.concat([silence(0.5), spoken, silence(1)]));
  const said = async (from) => (await events.next('response.done', from)).response.output[0].content[0].transcript;
  await said(0);
  const answers = [];
  for (const instructions of ['answer in French', 'say nothing']) {
    const from = events.all.length;
    realtime.send({ type: 'response.create', response: { conversation: 'none', instructions, input: [written('hello')] } });
    answers.push(await said(from));
  }
  assert.equal(answers[0], answers[1]);
  assert.deepEqual(unknown, []);
  realtime.close();
});

test('earlier turns of a conversation are read', async () => {
  const picture = demo('picture.png').toString('base64');
  const { socket, events, send } = await open();
  send({ type: 'session.update', session: { type: 'realtime', output_modalities: ['text'], max_output_tokens: 8 } });
  const rows = async (...content) => {
    const from = events.all.length;
    if (content.length) send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    send({ type: 'response.create' });
    return (await events.next('response.done', from)).response.usage.input_tokens;
  };
  const question = { type: 'input_text', text: 'What colour is it?' };
  const first = await rows({ type: 'input_image', image_url: `data:image/png;base64,${picture}` }, question);
  const second = await rows(question);
  const third = await rows(question);
  assert.ok(second > first + 5 && third > second + 5, `${first} ${second} ${third}`);
  // What was deleted is not read.
  for (const { item } of events.all.filter(({ type }) => type === 'conversation.item.added').slice(0, -2))
    send({ type: 'conversation.item.delete', item_id: item.id });
  const alone = await rows(question);
  assert.ok(alone < second);
  socket.close();
});

test('a spoken turn is found, heard and answered', async () => {
  const { socket, events, send } = await open();
  send({ type: 'session.update', session: { type: 'realtime', output_modalities: ['text'],
    audio: { input: { transcription: { model } } } } });
  await events.next('session.updated', 0);
  appendAll(send, Buffer.concat([silence(0.5), spoken, silence(1)]));
  const started = await events.next('input_audio_buffer.speech_started', 0);
  const stopped = await events.next('input_audio_buffer.speech_stopped', 0);
  assert.ok(started.audio_start_ms < 800 && stopped.audio_end_ms > started.audio_start_ms);
  const committed = await events.next('input_audio_buffer.committed', 0);
  assert.equal(committed.item_id, started.item_id);
  const heard = await events.next('conversation.item.input_audio_transcription.completed', 0);
  assert.equal(heard.item_id, started.item_id);
  assert.ok(heard.transcript.length > 0);
  const done = await events.next('response.done', 0);
  well(done.response.status);
  assert.equal(done.response.output[0].content[0].type, 'output_text');
  socket.close();
});

test('what is said is transcribed while it is said', async () => {
  const { socket, events, send } = await open();
  const told = 'conversation.item.input_audio_transcription.delta';
  send({ type: 'session.update', session: { type: 'realtime', audio: { input: { transcription: { model },
    turn_detection: { type: 'server_vad', create_response: false } } } } });
  await events.next('session.updated', 0);
  appendAll(send, Buffer.concat([silence(0.5), spoken, spoken]));
  const first = await events.next(told, 0);  // nobody has said that the turn is over
  assert.ok(!events.types().includes('input_audio_buffer.speech_stopped'));
  const { item_id } = await events.next('input_audio_buffer.speech_started', 0);
  assert.equal(first.item_id, item_id);
  assert.equal(first.content_index, 0);
  appendAll(send, silence(1));
  const { transcript } = await events.next('conversation.item.input_audio_transcription.completed', 0);
  const deltas = events.all.filter(({ type }) => type === told);
  assert.ok(deltas.length > 1 && deltas.every((event) => event.item_id === item_id));
  assert.equal(deltas.map(({ delta }) => delta).join(''), transcript);

  // What the client commits itself is heard as a whole.
  const from = events.all.length;
  send({ type: 'session.update', session: { type: 'realtime', audio: { input: { turn_detection: null } } } });
  await events.next('session.updated', from);
  appendAll(send, Buffer.concat([spoken, spoken]));
  send({ type: 'input_audio_buffer.commit' });
  const whole = await events.next('conversation.item.input_audio_transcription.completed', from);
  assert.equal(events.all.slice(from).filter(({ type }) => type === told).length, 1);
  assert.ok(whole.transcript.length > 0);
  socket.close();
});

test('without turn detection the client commits; too little sound is refused', async () => {
  const { socket, events, send } = await open();
  send({ type: 'session.update', session: { type: 'realtime',
    audio: { input: { turn_detection: null }, output: { format: { type: 'audio/pcm', rate: 16000 } } } } });
  appendAll(send, spoken.subarray(0, 1000));
  send({ type: 'input_audio_buffer.commit', event_id: 'mine' });
  const { error } = await events.next('error', 0);
  assert.equal(error.code, 'input_audio_buffer_commit_empty');
  assert.equal(error.event_id, 'mine');
  send({ type: 'input_audio_buffer.clear' });
  await events.next('input_audio_buffer.cleared', 0);
  appendAll(send, spoken);
  send({ type: 'input_audio_buffer.commit' });
  await events.next('input_audio_buffer.committed', 0);
  assert.ok(!events.types().includes('response.created'));
  send({ type: 'response.create' });
  well((await events.next('response.done', 0)).response.status);
  socket.close();
});

test('an answer is cancelled, by the client and by a speaker who interrupts', async () => {
  const { socket, events, send } = await open();
  const long = 'tell me about the red apple and the small dog and the blue house and the green tree';
  send({ type: 'response.cancel' });
  assert.equal((await events.next('error', 0)).error.code, 'response_cancel_not_active');
  send({ type: 'conversation.item.create', item: written(long) });
  // An answer may be complete before the next event is read: each is tried until it is not.
  const reason = async (...then) => {
    const from = events.all.length;
    send({ type: 'response.create' });
    for (const event of then) send(event);
    return (await events.next('response.done', from)).response.status_details?.reason;
  };
  await until(async () => {
    const from = events.all.length;
    const cancelled = await reason({ type: 'response.create' }, { type: 'response.cancel' });
    const error = events.all.slice(from).find(({ type }) => type === 'error')?.error;
    return cancelled === 'client_cancelled' && error?.code === 'conversation_already_has_active_response';
  });
  const interrupting = [];
  appendAll((event) => interrupting.push(event), Buffer.concat([spoken, silence(1)]));
  await until(async () => (await reason(...interrupting)) === 'turn_detected');
  await events.next('input_audio_buffer.committed', 0);
  socket.close();
});

test('items come, go and are shown; a response may have input of its own', async () => {
  const { socket, events, send } = await open(`?model=${model}`);
  send({ type: 'conversation.item.create', item: { ...written('hello'), id: 'one' } });
  await events.next('conversation.item.done', 0);
  send({ type: 'conversation.item.create', item: { ...written('first'), id: 'zero' }, previous_item_id: 'root' });
  assert.equal((await events.next('conversation.item.added')).previous_item_id, null);
  send({ type: 'conversation.item.retrieve', item_id: 'one' });
  assert.equal((await events.next('conversation.item.retrieved', 0)).item.content[0].text, 'hello');
  send({ type: 'conversation.item.delete', item_id: 'one' });
  assert.equal((await events.next('conversation.item.deleted', 0)).item_id, 'one');
  send({ type: 'conversation.item.delete', item_id: 'one' });
  assert.equal((await events.next('error', 0)).error.code, 'item_not_found');
  const picture = demo('picture.png').toString('base64');
  send({ type: 'response.create', response: { conversation: 'none', output_modalities: ['text'], metadata: { a: 'b' },
    input: [{ type: 'message', role: 'user', content: [
      { type: 'input_image', image_url: `data:image/png;base64,${picture}` },
      { type: 'input_text', text: 'what is this?' }] }] } });
  const { response } = await events.next('response.done', 0);
  well(response.status);
  assert.equal(response.conversation_id, null);
  assert.deepEqual(response.metadata, { a: 'b' });
  assert.ok(response.output[0].content[0].text.length > 0);
  socket.close();
});

test('an unknown model is refused, and there is no session', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${plain.port}/v1/realtime?model=unknown`, ['realtime']);
  const said = [];
  socket.on('message', (message) => said.push(JSON.parse(message)));
  await new Promise((resolve) => socket.on('close', resolve));
  assert.deepEqual(said.map(({ type }) => type), ['error']);
  assert.equal(said[0].error.code, 'model_not_found');
});

test('what makes no sense is refused in one event, and the session goes on', async () => {
  const { socket, events, send } = await open();
  const wrong = [
    '{', '[]', '"text"', '{}', '\u0000', '[[[['.repeat(1000),
    { type: 'no.such.event' },
    { type: 'sesion.update' },
    { type: 'session.update', session: { modalities: ['text'] } },
    { type: 'session.update' },
    { type: 'session.update', session: { audio: { input: { format: { type: 'audio/pcmu' } } } } },
    { type: 'session.update', session: { tools: [{ type: 'function', name: 'f' }] } },
    { type: 'session.update', session: { audio: { input: { turn_detection: { threshold: 7 } } } } },
    { type: 'session.update', session: 7 },
    { type: 'input_audio_buffer.append', audio: '!!!' },
    { type: 'input_audio_buffer.append' },
    { type: 'conversation.item.create', item: { type: 'function_call' } },
    { type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [] } },
    { type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_image', image_url: 'http://example.org/x.png' }] } },
    { type: 'conversation.item.create', item: written('x'), previous_item_id: 'nobody' },
    { type: 'response.create', response: { output_modalities: ['smell'] } },
    { type: 'conversation.item.truncate', item_id: 'nobody', content_index: 0, audio_end_ms: 0 },
  ];
  const from = events.all.length;
  for (const event of wrong) send(event);
  socket.send(Buffer.from([1, 2, 3]), { binary: true });
  send({ type: 'input_audio_buffer.clear' });
  await events.next('input_audio_buffer.cleared', from);
  const after = events.all.slice(from, -1);
  assert.deepEqual(after.map((event) => event.type), Array(wrong.length + 1).fill('error'));
  for (const { error } of after) assert.ok(error.message.length > 0 && error.type === 'invalid_request_error', error);
  const said = after.map(({ error }) => error.message);
  assert.ok(said.some((message) => message.includes('did you mean session.update?')), said);
  assert.ok(said.some((message) => message.includes('send output_modalities')), said);
  // Pictures are decoded while the conversation goes on: the item is there, and does without it.
  const then = events.all.length;
  send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }] } });
  assert.equal((await events.next('error', then)).error.param, 'item.content[0]');
  send({ type: 'conversation.item.create', item: written('hello') });
  send({ type: 'response.create', response: { output_modalities: ['text'] } });
  well((await events.next('response.done', from)).response.status);
  socket.close();
});

test('clients that vanish while they are answered leave a server that answers', async () => {
  for (let i = 0; i < 20; ++i) {
    const { socket, events, send } = await open();
    send({ type: 'conversation.item.create', item: written(`hello number ${i}`) });
    send({ type: 'response.create' });
    if (i % 2) await events.next('response.created', 0);
    socket.terminate();
  }
  const { socket, events, send } = await open();
  send({ type: 'conversation.item.create', item: written('hello') });
  send({ type: 'response.create' });
  well((await events.next('response.done', 0)).response.status);
  socket.close();
});

test('an answer that is cut says so, whatever its limit was called', async () => {
  const short = await Server.start('--log', 'none', '--max-tokens', '2');
  try {
    const { socket, events, send } = await open('', short);
    const content = [{ type: 'input_text', text: 'tell me about a red apple' }];
    send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    for (const response of [{}, { max_output_tokens: 'inf' }, { max_output_tokens: 4096 }, { max_output_tokens: 1 }]) {
      const from = events.all.length;
      send({ type: 'response.create', response: { output_modalities: ['text'], ...response } });
      const { response: done } = await events.next('response.done', from);
      assert.equal(done.status, 'incomplete');
      assert.equal(done.status_details.reason, 'max_output_tokens');
      assert.equal(done.usage.output_token_details.text_tokens, response.max_output_tokens === 1 ? 1 : 2);
    }
    socket.close();
  } finally {
    await short.stop();
  }
});

test('a sound that is too long is refused by its length', async () => {
  const { socket, events, send } = await open();
  const from = events.all.length;
  const content = [{ type: 'input_audio', audio: 'A'.repeat(4_000_000) }];  // 62 s
  send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
  const { error } = await events.next('error', from);
  assert.equal(error.param, 'item.content[0].audio');
  assert.match(error.message, /longer than 60 s/);
  socket.close();
});
