// The kits that people put above the API, with their own defaults: the Vercel AI SDK and LangChain.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { AIMessage, HumanMessage, SystemMessage } from '@langchain/core/messages';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { embed, embedMany, generateImage, generateSpeech, generateText, streamText, transcribe } from 'ai';
import { Server, demo, model } from './server.mjs';

let server, baseURL, kit, compatible, expected;
const texts = (count) => Array.from({ length: count }, (_, i) => `text number ${i}`);
const near = (a, b) => a.every((value, i) => Math.abs(value - b[i]) < 1e-5);

before(async () => {
  server = await Server.start();
  baseURL = `${server.url}/v1`;
  kit = createOpenAI({ baseURL, apiKey: 'none' });
  compatible = createOpenAICompatible({ name: 'tutti', baseURL });
  // The embeddings that each kit must get, one text a request.
  expected = async (text) => (await server.client().embeddings.create(
    { model, input: text, encoding_format: 'float' })).data[0].embedding;
});
after(() => server.stop());

const models = {
  'AI SDK, chat': { model: () => kit.chat(model) },
  'AI SDK, compatible': { model: () => compatible(model) },
  // Without it the kit refers to the first answer by its id, and no answers are kept here.
  'AI SDK, responses': { model: () => kit(model), providerOptions: { openai: { store: false } } },
};
for (const [name, { model: of, providerOptions }] of Object.entries(models))
  test(`${name}: two turns, whole and streamed`, async () => {
    const messages = [{ role: 'user', content: [
      { type: 'text', text: 'How many are there?' },
      { type: 'file', mediaType: 'image/png', data: demo('picture.png') },
    ] }];
    const first = await generateText({ model: of(), messages, providerOptions });
    assert.ok(first.text.length > 0);
    assert.ok(first.usage.inputTokens > 16 && first.usage.outputTokens > 0);
    // The answer goes back as the kit itself writes it down.
    messages.push(...first.response.messages, { role: 'user', content: 'What colour are they?' });
    const second = await generateText({ model: of(), messages, providerOptions });
    assert.ok(second.usage.inputTokens > first.usage.inputTokens, 'the first turn is read');
    const stream = streamText({ model: of(), messages, providerOptions, onError: ({ error }) => { throw error; } });
    let text = '';
    for await (const piece of stream.textStream) text += piece;
    assert.equal(text, second.text);
    const { outputTokens } = await stream.usage;
    assert.ok(outputTokens === second.usage.outputTokens || name.includes('compatible')); // which asks for none
  });

test('AI SDK, responses: a reference to an answer that was not kept says what to send', async () => {
  const first = await generateText({ model: kit(model), prompt: 'hello' });
  const messages = [{ role: 'user', content: 'hello' }, ...first.response.messages, { role: 'user', content: 'and?' }];
  await assert.rejects(generateText({ model: kit(model), messages }),
    (error) => error.statusCode === 400 && error.data.error.param === 'input[1].type' && /store: false/.test(error.message));
});

test('AI SDK: a system message, sampling and limits', async () => {
  const { usage, finishReason } = await generateText({ model: kit.chat(model), system: 'be brief', prompt: 'hello',
    maxOutputTokens: 3, temperature: 0.5, topP: 0.9, seed: 4 });
  assert.equal(usage.outputTokens, 3);
  assert.equal(finishReason, 'length');
  // What it asks for without being told to, is more than this model can say.
  const much = await generateText({ model: kit(model), prompt: 'hello', maxOutputTokens: 16384 });
  assert.ok(much.usage.outputTokens <= 512);
});

test('AI SDK: one embedding, and 600 in one call', async () => {
  const one = await embed({ model: kit.embedding(model), value: 'text number 7' });
  assert.ok(near(one.embedding, await expected('text number 7')));
  for (const of of [kit.embedding(model), compatible.embeddingModel(model)]) {
    const { embeddings } = await embedMany({ model: of, values: texts(600) });
    assert.equal(embeddings.length, 600);
    for (const i of [0, 7, 599]) assert.ok(near(embeddings[i], await expected(`text number ${i}`)), `number ${i}`);
  }
});

test('AI SDK: pictures, speech, transcription', async () => {
  const { image } = await generateImage({ model: kit.image(model), prompt: 'a red circle', size: '64x64' });
  assert.equal(Buffer.from(image.uint8Array).subarray(1, 4).toString(), 'PNG');
  const { audio } = await generateSpeech({ model: kit.speech(model), text: 'two blue triangles', outputFormat: 'wav' });
  assert.equal(Buffer.from(audio.uint8Array).subarray(0, 4).toString(), 'RIFF');
  const heard = await transcribe({ model: kit.transcription(model), audio: demo('speech.wav') });
  const { text } = await server.client().audio.transcriptions.create(
    { model, file: new File([demo('speech.wav')], 'speech.wav') });
  assert.equal(heard.text, text);
});

// LangChain reads the name of the model to choose its endpoint; this one has none of OpenAI's names.
for (const useResponsesApi of [false, true])
  test(`LangChain: two turns, whole and streamed, ${useResponsesApi ? 'responses' : 'chat'}`, async () => {
    const chat = new ChatOpenAI({ model, apiKey: 'none', useResponsesApi, configuration: { baseURL } });
    const image_url = { url: `data:image/png;base64,${demo('picture.png').toString('base64')}` };
    const talk = [new SystemMessage('be brief'), new HumanMessage({ content: [
      { type: 'text', text: 'How many are there?' }, { type: 'image_url', image_url }] })];
    const first = await chat.invoke(talk);
    assert.ok(first.text.length > 0);
    talk.push(new AIMessage(first.text), new HumanMessage('What colour are they?'));
    const second = await chat.invoke(talk);
    assert.ok(second.usage_metadata.input_tokens > first.usage_metadata.input_tokens);
    let text = '';
    for await (const piece of await chat.stream(talk)) text += piece.text;
    assert.equal(text, second.text);
    talk.pop();
    const own = await chat.invoke([...talk.slice(0, 2), first, new HumanMessage('What colour are they?')]);
    assert.equal(own.text, second.text, "its own message goes back as it came");
  });

test('LangChain: 512 documents and a query', async () => {
  const embeddings = new OpenAIEmbeddings({ model, apiKey: 'none', configuration: { baseURL } });
  const documents = await embeddings.embedDocuments(texts(512));
  assert.equal(documents.length, 512);
  for (const i of [0, 300, 511]) assert.ok(near(documents[i], await expected(`text number ${i}`)), `number ${i}`);
  assert.ok(near(await embeddings.embedQuery('text number 300'), documents[300]));
});
