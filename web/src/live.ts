// Live talk over /v1/realtime, in OpenAI's events: the server hears when someone speaks and stops,
// and answers by voice. What was said on both sides ends up in the conversation.
import { ApiError, type Refusal, at, isUp, key, modelName, untilUp } from "./api";
import { Attachment } from "./message";
import { Microphone } from "./microphone";
import { Queue } from "./player";
import { type Trouble, troubleOf } from "./troubles";
import { pcm16, wav } from "./wav";

const rate = 24000; // of PCM in this protocol

export type LiveState = "connecting" | "listening" | "hearing" | "answering" | "away";
export interface LiveListener {
  state: (state: LiveState) => void;
  heard: (text: string) => void;
  answering: (text: string) => void; // all of it so far
  answered: (text: string, sound: Attachment | undefined) => void;
  failed: (why: Trouble) => void; // it is over
  troubled: (why: Trouble) => void; // it goes on
}

interface Event {
  type: string;
  delta?: string;
  transcript?: string;
  text?: string;
  error?: Refusal & { message?: string };
  response?: { status?: string };
}

function toBase64(samples: Float32Array): string {
  const bytes = new Uint8Array(pcm16(samples).buffer);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function fromBase64(text: string): Float32Array {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length >> 1 }, (_, i) => view.getInt16(2 * i, true) / 32768);
}

export class Live {
  private socket: WebSocket | undefined;
  private readonly queue = new Queue();
  private words = "";
  private sound: Float32Array[] = [];
  private readonly ending = new AbortController();
  private opened = false;
  private refusal: Trouble | undefined;
  private constructor(private readonly listener: LiveListener) {}
  private microphone: Microphone | undefined;
  get level() {
    return this.microphone?.level ?? 0;
  }

  static async start(listener: LiveListener): Promise<Live> {
    const live = new Live(listener);
    live.microphone = await Microphone.open(rate, (samples) =>
      live.send({ type: "input_audio_buffer.append", audio: toBase64(samples) }));
    live.connect();
    return live;
  }

  interrupt() {
    this.queue.stop();
    this.send({ type: "response.cancel" });
  }

  end() {
    if (this.ending.signal.aborted) return;
    this.ending.abort();
    this.microphone?.close();
    this.queue.stop();
    this.socket?.close();
    this.keepAnswer();
  }

  private send(event: object) {
    if (this.opened && this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(event));
  }

  private connect() {
    this.listener.state("connecting");
    const address = at(`/v1/realtime?model=${encodeURIComponent(modelName())}`).replace(/^http/, "ws");
    // A browser cannot set headers on a WebSocket; the key travels as a subprotocol.
    const socket = new WebSocket(address, key() ? ["realtime", `openai-insecure-api-key.${key()}`] : ["realtime"]);
    this.socket = socket;
    socket.onmessage = ({ data }: MessageEvent<string>) => this.on(JSON.parse(data) as Event);
    socket.onclose = async () => {
      const began = this.opened;
      this.opened = false;
      this.keepAnswer();
      if (this.ending.signal.aborted) return;
      // Refused by a server that is up: there is nothing to wait for.
      if (!began && (await isUp())) return this.refuse(this.refusal ?? { word: "liveRefused" });
      this.listener.state("away");
      await untilUp(this.ending.signal).then(() => this.connect(), () => {});
    };
  }

  private on(event: Event) {
    const type = event.type.replace("response.output_audio", "response.audio").replace("response.output_text", "response.text");
    switch (type) {
      case "session.created":
        this.opened = true;
        this.send({ type: "session.update", session: {
          type: "realtime",
          output_modalities: ["audio"],
          audio: {
            input: { format: { type: "audio/pcm", rate }, turn_detection: { type: "server_vad" }, transcription: { model: modelName() } },
            output: { format: { type: "audio/pcm", rate } },
          },
        } });
        return this.listener.state("listening");
      case "input_audio_buffer.speech_started":
        this.queue.stop(); // whoever speaks is not spoken over
        return this.listener.state("hearing");
      case "input_audio_buffer.speech_stopped":
        return this.listener.state("answering");
      case "conversation.item.input_audio_transcription.completed":
        return this.listener.heard(event.transcript ?? "");
      case "response.audio.delta": {
        const samples = fromBase64(event.delta ?? "");
        this.sound.push(samples);
        return this.queue.play(samples, rate);
      }
      case "response.audio_transcript.delta":
      case "response.text.delta":
        this.words += event.delta ?? "";
        return this.listener.answering(this.words);
      case "response.done":
        return this.done();
      case "error":
        return this.trouble(event.error ?? {});
    }
  }

  // Before the session there is none to come: what the server says is why. Later it goes on.
  private trouble(error: Refusal & { message?: string }) {
    const why = troubleOf(new ApiError(error.message ?? "", 400, error));
    if (this.opened) return this.listener.troubled(why);
    this.refusal = why;
    this.refuse(why);
  }

  private refuse(why: Trouble) {
    if (this.ending.signal.aborted) return;
    this.end();
    this.listener.failed(why);
  }

  private done() {
    this.keepAnswer();
    this.listener.state("listening");
  }

  // What was said of an answer, also where it was cut off.
  private keepAnswer() {
    const all = new Float32Array(this.sound.reduce((sum, part) => sum + part.length, 0));
    this.sound.splice(0).reduce((at, part) => (all.set(part, at), at + part.length), 0);
    const words = this.words;
    this.words = "";
    if (words || all.length)
      this.listener.answered(words, all.length ? new Attachment("audio", "spoken.wav", wav(all, rate)) : undefined);
  }
}
