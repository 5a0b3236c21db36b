// The attention view: for each modality of a message, where its tokens look in each layer. A row of
// a table is a layer, a cell a share, drawn as wide as it is large; so screen readers read a table.
import { json, modelName, post } from "./api";
import { toChat } from "./ask";
import { h } from "./dom";
import { type Word, t, translated, word } from "./i18n";
import type { Message } from "./message";
import { type Trouble, troubleOf, troubleText } from "./troubles";

interface Layer {
  attention: Record<string, Record<string, number>>; // of whom, to whom
  ran: Record<string, number>;
}
interface Explanation {
  layers: Layer[];
}

const groups: Record<string, Word> = { text: "groupText", see: "groupSee", hear: "groupHear", paint: "groupPaint", speak: "groupSpeak" };
const groupName = (group: string) => (groups[group] ? t(groups[group]) : group);
const percent = (share: number) => `${Math.round(100 * share)}%`;

function row(layer: Layer, index: number, asking: string, keys: string[]) {
  const cells = keys.map((key) => {
    const share = layer.attention[asking]?.[key] ?? 0;
    const cell = h("td", { class: `share ${key}`, title: `${groupName(key)} ${percent(share)}` }, share >= 0.12 ? percent(share) : h("span", { class: "unseen" }, percent(share)));
    cell.style.flexGrow = String(share);
    return cell;
  });
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, t("layer", { n: index + 1 })),
    ...cells,
    h("td", { class: "ran" }, t("ran", { n: percent(layer.ran[asking] ?? 0) })),
  );
}

function table({ layers }: Explanation, asking: string, keys: string[]) {
  return h(
    "table",
    { class: "attention" },
    h("caption", {}, t("attentionOf", { group: groupName(asking) })),
    h("thead", { class: "unseen" }, h("tr", {}, h("td"), ...keys.map((key) => h("th", { scope: "col" }, groupName(key))), h("td"))),
    h("tbody", {}, ...layers.map((layer, index) => row(layer, index, asking, keys))),
  );
}

export class AttentionView {
  readonly element = h("div", { class: "attention-view" });
  private readonly result = translated(h("div", { "aria-live": "polite" }), () => this.draw());
  private shown: Explanation | Trouble | undefined;

  constructor() {
    this.element.append(h("h2", {}, word("attentionTitle")), h("p", { class: "hint" }, word("attentionHint")), this.result);
    this.draw();
  }

  async show(question: Message, before: Message[], fetchFile: (id: string) => Promise<Blob>) {
    try {
      const { language, task } = question.settings;
      this.shown = await json<Explanation>(post("/v1/explain", {
        model: modelName(),
        messages: await toChat(question, before, fetchFile),
        ...(language ? { language } : {}),
        ...(task && task !== "automatic" ? { task } : {}),
      }));
    } catch (error) {
      this.shown = troubleOf(error);
    }
    this.draw();
  }

  private draw() {
    const { shown } = this;
    if (!this.result) return; // while it is being made
    if (!shown) return this.result.replaceChildren(h("p", { class: "hint" }, t("attentionEmpty")));
    if ("word" in shown) return this.result.replaceChildren(troubleText(shown, "alert"));
    const first = shown.layers[0]?.attention ?? {};
    const asking = Object.keys(first);
    // The groups that have names here first, then whatever else the model has.
    const all = new Set([...Object.keys(groups), ...shown.layers.flatMap((l) => Object.values(l.attention).flatMap(Object.keys))]);
    const looked = (key: string) => shown.layers.some((l) => asking.some((a) => (l.attention[a]?.[key] ?? 0) > 0));
    const keys = [...all].filter(looked);
    const legend = h("ul", { class: "legend" }, ...keys.map((key) => h("li", { class: key }, groupName(key))));
    this.result.replaceChildren(legend, ...asking.map((group) => table(shown, group, keys)), h("p", { class: "hint" }, t("ranHint")));
  }
}
