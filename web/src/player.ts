// Plays sound while it arrives: each piece is scheduled right after the one before it.
import { WavReader } from "./wav";

let shared: AudioContext | undefined;
// Browsers let a page make sound only after a click or a key; every caller follows one.
export const audioContext = () => (shared ??= new AudioContext());

export class Queue {
  private next = 0;
  private playing = new Set<AudioBufferSourceNode>();
  constructor(private readonly context = audioContext()) {}

  play(samples: Float32Array, rate: number) {
    if (samples.length === 0) return;
    void this.context.resume();
    const buffer = this.context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(samples as Float32Array<ArrayBuffer>, 0);
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.context.destination);
    // 60 ms ahead at the start, so that the second piece is there before the first has ended.
    this.next = Math.max(this.next, this.context.currentTime + 0.06);
    source.start(this.next);
    this.next += buffer.duration;
    this.playing.add(source);
    source.onended = () => this.playing.delete(source);
  }
  get busy() {
    return this.playing.size > 0;
  }
  stop() {
    for (const source of this.playing) source.stop();
    this.playing.clear();
    this.next = 0;
  }
}

export class StreamPlayer {
  private readonly reader = new WavReader();
  private readonly queue = new Queue();
  private readonly heard: Float32Array[] = [];

  get rate() {
    return this.reader.rate || 16000;
  }
  // True if there was sound in it.
  push(piece: Uint8Array): boolean {
    const samples = this.reader.push(piece);
    if (samples.length === 0) return false;
    this.heard.push(samples);
    this.queue.play(samples, this.rate);
    return true;
  }
  stop() {
    this.queue.stop();
  }
  finish(): Float32Array {
    const all = new Float32Array(this.heard.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.heard) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}
