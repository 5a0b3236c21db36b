// The push-to-talk button: hold it with the pointer, or press it once to start and once to stop,
// which is what keyboards and screen readers do.
import { announce, h, icon } from "./dom";
import { labelled, t } from "./i18n";
import { Attachment } from "./message";
import { Microphone } from "./microphone";
import { wav } from "./wav";

const rate = 16000;
const tapMs = 350; // a shorter press is a click: go on until the next one
const mostSeconds = 30;

export class Recording {
  readonly button = labelled(h("button", { type: "button", class: "tool talk", "aria-pressed": "false" }, icon("microphone")), "hold");
  private microphone: Microphone | undefined;
  private opening: Promise<void> | undefined;
  private pieces: Float32Array[] = [];
  private pressed = 0;

  constructor(private readonly onSound: (sound: Attachment) => void, private readonly onTrouble: (why: string) => void) {
    this.button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.opening) return;
      this.pressed = performance.now();
      this.button.setPointerCapture(event.pointerId);
      this.start();
    });
    this.button.addEventListener("pointerup", () => {
      if (this.pressed && performance.now() - this.pressed > tapMs) void this.stop();
    });
    this.button.addEventListener("click", () => {
      const held = this.pressed;
      this.pressed = 0;
      if (held) return; // the pointer has done it: started just now, or stopped on release
      if (this.opening) void this.stop();
      else this.start();
    });
  }

  private start() {
    this.pieces = [];
    this.show(true);
    this.opening = Microphone.open(rate, (samples) => this.add(samples)).then(
      (microphone) => {
        this.microphone = microphone;
        announce(t("recording"));
      },
      (error: unknown) => {
        this.opening = undefined;
        this.show(false);
        this.onTrouble(error instanceof Error ? error.message : String(error));
      },
    );
  }

  private add(samples: Float32Array) {
    this.pieces.push(samples);
    this.button.style.setProperty("--level", String(Math.min(1, (this.microphone?.level ?? 0) * 6)));
    if (this.pieces.length * samples.length > mostSeconds * rate) void this.stop();
  }

  private async stop() {
    await this.opening;
    this.microphone?.close();
    this.microphone = undefined;
    this.opening = undefined;
    this.show(false);
    const all = this.pieces.splice(0);
    const samples = new Float32Array(all.reduce((sum, piece) => sum + piece.length, 0));
    all.reduce((at, piece) => (samples.set(piece, at), at + piece.length), 0);
    if (samples.length > rate / 5) this.onSound(new Attachment("audio", `${t("speech")}.wav`, wav(samples, rate)));
  }

  private show(on: boolean) {
    this.button.setAttribute("aria-pressed", String(on));
    this.button.classList.toggle("on", on);
  }
}
