// One turn: which endpoint answers a message, and what its stream means for the answer on the page.
import { kinds } from "./kinds";
import { type Message, Attachment, type Settings, standard } from "./message";
import { Unreachable, events, modelName, json, pieces, post, request } from "./api";
import { StreamPlayer } from "./player";
import { wav } from "./wav";

export interface Turn {
  question: Message;
  before: Message[]; // what was said until then
  answer: Message;
  signal: AbortSignal;
  fetchFile: (id: string) => Promise<Blob>;
}

const dataUrl = (blob: Blob) =>
  new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });

// A file as a part of a chat completion.
async function toPart(file: Attachment, blob: Blob, up: string) {
  return kinds[file.kind].part(await dataUrl(blob), blob.type, up);
}

interface Told {
  role: "user" | "assistant";
  text: string;
  files: Attachment[];
  up: string;
}

// What a message adds to a conversation in text. A wish to draw or to speak is no question, but one
// may ask about the picture that was drawn.
function told(message: Message): Told | undefined {
  const { role, text, output, settings: { up = standard.up } } = message;
  if (output === "text") return { role, text, files: role === "user" ? message.files : [], up };
  if (output === "picture" && role === "assistant") return { role: "user", text: "", files: message.files, up };
  return undefined;
}

// The server reads as far back as the model's context reaches, which is never as far as this.
const most = { messages: 40, files: 16, bytes: 16 * 2 ** 20 };

// A question and what led to it, the newest files first where they are too many or too large.
export async function toChat(question: Message, before: Message[], fetchFile: Turn["fetchFile"]) {
  const said = before.slice(-most.messages).flatMap((message) => told(message) ?? []);
  said.push({ role: "user", text: question.text, files: question.files, up: question.settings.up ?? standard.up });
  let { files, bytes } = most;
  const messages = [];
  for (const { role, text, files: shown, up } of said.reverse()) {
    if (role === "assistant") {
      messages.push({ role, content: text });
      continue;
    }
    const content: unknown[] = [];
    for (const file of shown) {
      if (--files < 0) break;
      const blob = await file.blob(fetchFile);
      if ((bytes -= blob.size) < 0 && messages.length) break; // the question itself is never cut
      content.push(await toPart(file, blob, up));
    }
    if (text) content.push({ type: "text", text });
    if (content.length) messages.push({ role, content });
  }
  return messages.reverse();
}

const chosen = (settings: Partial<Settings>) => ({
  seed: settings.seed,
  ...(settings.steps ? { steps: settings.steps } : {}),
  ...(settings.guidance !== undefined && settings.guidance >= 0 ? { guidance_scale: settings.guidance } : {}),
});

class Clock {
  private readonly start = performance.now();
  private first = 0;
  mark() {
    this.first ||= performance.now() - this.start;
  }
  figures() {
    const totalMs = performance.now() - this.start;
    return { firstMs: this.first || totalMs, totalMs };
  }
}

interface Chunk {
  choices: { delta: { content?: string | null }; finish_reason: string | null }[];
  usage?: { completion_tokens: number } | null;
}

async function text({ question, before, answer, signal, fetchFile }: Turn) {
  const { settings } = question;
  const messages = await toChat(question, before, fetchFile);
  const clock = new Clock();
  const response = await post("/v1/chat/completions", {
    model: modelName(),
    messages,
    stream: true,
    stream_options: { include_usage: true },
    seed: settings.seed,
    temperature: settings.temperature,
    // The server's own too; sent, it would cut transcripts.
    ...(settings.maxTokens === standard.maxTokens ? {} : { max_tokens: settings.maxTokens }),
    ...(settings.language ? { language: settings.language } : {}),
    ...(settings.task && settings.task !== "automatic" ? { task: settings.task } : {}),
  }, signal);
  let tokens = 0;
  const ends = (chunk: Chunk) => chunk.choices.some((choice) => choice.finish_reason !== null);
  for await (const chunk of events<Chunk>(response, ends)) {
    const piece = chunk.choices[0]?.delta.content;
    if (chunk.usage) tokens = chunk.usage.completion_tokens;
    if (!piece) continue;
    clock.mark();
    answer.change({ state: "running", text: answer.text + piece });
  }
  const { firstMs, totalMs } = clock.figures();
  answer.change({ figures: { firstMs, totalMs, tokens } });
}

async function heard({ question, signal, fetchFile }: Turn): Promise<string> {
  const sound = question.files.find((file) => file.kind === "audio");
  if (!sound) return "";
  const form = new FormData();
  form.append("model", modelName());
  form.append("file", await sound.blob(fetchFile), sound.name || "speech.wav");
  return (await json<{ text: string }>(request("/v1/audio/transcriptions", { method: "POST", body: form, signal }))).text;
}

// What is to be drawn or said: the words, or what is heard in the sound.
const wanted = async (turn: Turn) => turn.question.text || (await heard(turn));

const pictureBlob = (base64: string) =>
  new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], { type: "image/png" });

interface Drawn {
  type: string;
  b64_json: string;
}

async function picture(turn: Turn) {
  const { question, answer, signal } = turn;
  const clock = new Clock();
  const prompt = await wanted(turn);
  const response = await post("/v1/images/generations", {
    model: modelName(), prompt, stream: true, partial_images: 3, ...chosen(question.settings),
  }, signal);
  let last: Blob | undefined;
  for await (const event of events<Drawn>(response, (e) => e.type === "image_generation.completed")) {
    if (!event.b64_json) continue;
    clock.mark();
    last = pictureBlob(event.b64_json);
    if (answer.preview) URL.revokeObjectURL(answer.preview);
    answer.change({ state: "running", preview: URL.createObjectURL(last) });
  }
  if (!last) throw new Unreachable("no picture came");
  const text = question.text ? "" : prompt;
  answer.change({ files: [new Attachment("image", "drawn.png", last)], preview: "", text, figures: clock.figures() });
}

async function speech(turn: Turn) {
  const { question, answer, signal } = turn;
  const clock = new Clock();
  const input = await wanted(turn);
  const player = new StreamPlayer();
  signal.addEventListener("abort", () => player.stop(), { once: true });
  const response = await post("/v1/audio/speech", {
    model: modelName(), voice: "tutti", input, response_format: "wav", ...chosen(question.settings),
  }, signal);
  for await (const piece of pieces(response)) {
    if (player.push(piece)) clock.mark();
    if (answer.state !== "running") answer.change({ state: "running" });
  }
  const samples = player.finish();
  answer.change({
    files: [new Attachment("audio", "spoken.wav", wav(samples, player.rate))],
    text: input,
    figures: { ...clock.figures(), audioSeconds: samples.length / player.rate },
  });
}

export const ask = (turn: Turn) => ({ text, picture, speech })[turn.question.output](turn);

