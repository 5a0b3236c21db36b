// WAV files of one channel of 16-bit samples: written for what is recorded, read as they arrive for
// what is spoken.

export function pcm16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (s) => Math.round(Math.max(-1, Math.min(1, s)) * 32767));
}

export function wav(samples: Float32Array, rate: number): Blob {
  const header = new DataView(new ArrayBuffer(44));
  const bytes = samples.length * 2;
  const tag = (at: number, text: string) => [...text].forEach((c, i) => header.setUint8(at + i, c.charCodeAt(0)));
  tag(0, "RIFF");
  header.setUint32(4, 36 + bytes, true);
  tag(8, "WAVEfmt ");
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true); // PCM
  header.setUint16(22, 1, true); // channels
  header.setUint32(24, rate, true);
  header.setUint32(28, rate * 2, true);
  header.setUint16(32, 2, true);
  header.setUint16(34, 16, true);
  tag(36, "data");
  header.setUint32(40, bytes, true);
  return new Blob([header, pcm16(samples).buffer as ArrayBuffer], { type: "audio/wav" });
}

// Samples out of a WAV stream that is cut anywhere; `rate` is known once samples come.
export class WavReader {
  rate = 0;
  private head: Uint8Array | undefined = new Uint8Array(0);
  private odd: number | undefined; // half a sample

  push(piece: Uint8Array): Float32Array {
    if (!this.head) return this.samples(piece);
    const all = new Uint8Array(this.head.length + piece.length);
    all.set(this.head);
    all.set(piece, this.head.length);
    this.head = all;
    const view = new DataView(all.buffer);
    for (let at = 12; at + 8 <= all.length; ) {
      const name = String.fromCharCode(...all.subarray(at, at + 4));
      if (name === "fmt " && at + 16 <= all.length) this.rate = view.getUint32(at + 12, true);
      if (name === "data") {
        this.head = undefined;
        return this.samples(all.subarray(at + 8));
      }
      const size = view.getUint32(at + 4, true);
      at += 8 + size + (size % 2);
    }
    return new Float32Array(0);
  }

  private samples(piece: Uint8Array): Float32Array {
    const bytes = new Uint8Array((this.odd === undefined ? 0 : 1) + piece.length);
    if (this.odd !== undefined) bytes[0] = this.odd;
    bytes.set(piece, bytes.length - piece.length);
    this.odd = bytes.length % 2 ? bytes[bytes.length - 1] : undefined;
    const view = new DataView(bytes.buffer);
    return Float32Array.from({ length: bytes.length >> 1 }, (_, i) => view.getInt16(2 * i, true) / 32768);
  }
}
