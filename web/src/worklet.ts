// On the audio thread: hands what the microphone gives to the page, in pieces of 1024 samples
// (64 ms at 16 kHz).
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, type: unknown): void;

const size = 1024;

class Recorder extends AudioWorkletProcessor {
  private piece = new Float32Array(size);
  private filled = 0;

  process(inputs: Float32Array[][]): boolean {
    const channel = inputs[0]?.[0];
    for (let from = 0; channel && from < channel.length; ) {
      const count = Math.min(channel.length - from, size - this.filled);
      this.piece.set(channel.subarray(from, from + count), this.filled);
      this.filled += count;
      from += count;
      if (this.filled < size) continue;
      this.port.postMessage(this.piece, [this.piece.buffer]);
      this.piece = new Float32Array(size);
      this.filled = 0;
    }
    return true;
  }
}

registerProcessor("recorder", Recorder);
