// The controls: how the next answer is made. Remembered by the browser.
import { h, remember } from "./dom";
import { type Word, t, translated, word } from "./i18n";
import { type Settings, standard } from "./message";

const tasks: [string, Word][] = [
  ["automatic", "taskAutomatic"], ["name", "taskName"], ["caption", "taskCaption"],
  ["answer", "taskAnswer"], ["transcribe", "taskTranscribe"],
];
const languages = ["en", "zh", "de", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv", "tr", "uk", "ar", "hi"];

function restored(): Settings {
  try {
    return { ...standard, ...(JSON.parse(remember.get("settings") ?? "{}") as Partial<Settings>) };
  } catch {
    return { ...standard };
  }
}

export class Controls {
  readonly element = h("div", { class: "controls" });
  settings = restored();
  private readonly draws: (() => void)[] = [];

  constructor() {
    this.element.append(
      this.number("seed", "seedHint", { min: 0, max: 2 ** 31 - 1, step: 1, empty: -1, hint: "random" }),
      this.slider("temperature", "temperatureHint", { min: 0, max: 1.5, step: 0.05 }),
      this.slider("steps", "stepsHint", { min: 0, max: 50, step: 1, own: 0 }),
      this.slider("guidance", "guidanceHint", { min: -0.5, max: 8, step: 0.5, own: -0.5 }),
      this.number("maxTokens", undefined, { min: 1, max: 512, step: 1, empty: 64 }),
      this.choice("task", "task", tasks.map(([value, name]) => [value, () => t(name)])),
      this.choice("language", "answerLanguage", [
        ["", () => t("modelsOwn")] as [string, () => string],
        ...languages.map((code): [string, () => string] => [code, () => new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code]),
      ]),
      this.choice("up", "cloudUp", [["z", () => "z"], ["y", () => t("cloudUpY")]]),
      h("button", { type: "button", class: "quiet", onclick: () => {
        this.settings = { ...standard };
        this.changed();
        for (const draw of this.draws) draw();
      } }, word("reset")),
    );
  }

  private changed() {
    remember.set("settings", JSON.stringify(this.settings));
  }

  private number(name: "seed" | "maxTokens", hint: Word | undefined, range: { min: number; max: number; step: number; empty: number; hint?: Word }) {
    const { min, max, step } = range;
    const input = h("input", { type: "number", min, max, step, inputmode: "numeric", id: `set-${name}`, onchange: () => {
      const value = Math.round(Number(input.value));
      this.settings[name] = input.value === "" ? range.empty : Math.min(max, Math.max(min, value));
      this.changed();
      draw();
    } });
    const draw = () => (input.value = this.settings[name] < 0 ? "" : String(this.settings[name]));
    this.draws.push(draw);
    draw();
    if (range.hint) translated(input, () => (input.placeholder = t(range.hint!)));
    return this.field(name, input, hint);
  }

  // `own`: the slider's left end, where the model decides.
  private slider(name: "temperature" | "steps" | "guidance", hint: Word, range: { min: number; max: number; step: number; own?: number }) {
    const { min, max, step, own } = range;
    const shown = h("output", { for: `set-${name}` });
    const input = h("input", { type: "range", min, max, step, id: `set-${name}`, oninput: () => {
      this.settings[name] = Number(input.value) === own ? standard[name] : Number(input.value);
      this.changed();
      draw();
    } });
    const draw = () => {
      const value = this.settings[name];
      const isOwn = own !== undefined && value === standard[name];
      input.value = String(isOwn ? own : value);
      shown.textContent = isOwn ? t("modelsOwn") : String(value);
      input.setAttribute("aria-valuetext", shown.textContent);
    };
    this.draws.push(draw);
    translated(shown, draw);
    return this.field(name, input, hint, shown);
  }

  private choice(name: "task" | "language" | "up", title: Word, options: [string, () => string][]) {
    const select = h("select", { id: `set-${name}`, onchange: () => {
      this.settings[name] = select.value;
      this.changed();
    } });
    for (const [value, text] of options) select.append(translated(h("option", { value }), (o) => (o.textContent = text())));
    const draw = () => (select.value = this.settings[name]);
    this.draws.push(draw);
    draw();
    return this.field(name, select, undefined, undefined, title);
  }

  private field(name: string, control: HTMLElement, hint?: Word, shown?: HTMLElement, title = name as Word) {
    if (hint) control.setAttribute("aria-describedby", `hint-${name}`);
    return h(
      "div",
      { class: "field" },
      h("div", { class: "row spread" }, h("label", { for: `set-${name}` }, word(title)), shown),
      control,
      hint && h("p", { class: "hint", id: `hint-${name}` }, word(hint)),
    );
  }
}

