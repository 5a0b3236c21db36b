// The microphone, as samples at the rate asked for; the browser resamples.
import { at } from "./api";

declare const WORKLET: string;

export class Microphone {
  level = 0; // of the last piece, 0 to 1
  private constructor(private readonly stream: MediaStream, private readonly context: AudioContext) {}

  static async open(rate: number, onSamples: (samples: Float32Array) => void): Promise<Microphone> {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true },
    });
    const context = new AudioContext({ sampleRate: rate });
    const microphone = new Microphone(stream, context);
    try {
      await context.audioWorklet.addModule(at(WORKLET));
      const recorder = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0 });
      recorder.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
        microphone.level = Math.sqrt(data.reduce((sum, s) => sum + s * s, 0) / data.length);
        onSamples(data);
      };
      context.createMediaStreamSource(stream).connect(recorder);
      await context.resume();
    } catch (error) {
      microphone.close();
      throw error;
    }
    return microphone;
  }

  close() {
    for (const track of this.stream.getTracks()) track.stop();
    void this.context.close();
  }
}
