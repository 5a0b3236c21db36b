// Whether the server is there, and which model it has.
import { isUp, modelName, untilUp } from "./api";
import { announce, h } from "./dom";
import { t, translated } from "./i18n";

const everyMs = 5000;

export class Status {
  private up = true;
  readonly element = translated(h("span", { class: "status", role: "status" }), (element) => this.draw(element));

  set(up: boolean) {
    if (up === this.up) return;
    this.up = up;
    this.draw(this.element);
    announce(t(up ? "back" : "away"));
  }

  async untilUp() {
    if (await isUp()) return;
    this.set(false);
    await untilUp();
    this.set(true);
  }

  // From now on; the model is known.
  watch() {
    this.draw(this.element);
    setInterval(() => void isUp().then((up) => this.set(up)), everyMs);
  }

  private draw(element: HTMLElement) {
    element.textContent = this.up ? modelName() || t("connected") : t("disconnected");
    element.dataset.up = String(this.up);
  }
}
