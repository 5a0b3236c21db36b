// Words on the page, in the chosen language, changed in place when the choice changes.
import { h, remember } from "./dom";
import { english } from "./words.en";
import { chinese } from "./words.zh";

export type Word = keyof typeof english;
export type Language = "en" | "zh";
export type Words = Record<Word, string>;
type Values = Record<string, string | number>;

const words: Record<Language, Words> = { en: english, zh: chinese };
const bound: { node: WeakRef<Node>; update: (node: never) => void }[] = [];
const wanted = remember.get("language") ?? navigator.language;
let current: Language = wanted.startsWith("zh") ? "zh" : "en";

export const language = () => current;

export function t(word: Word, values: Values = {}): string {
  return words[current][word].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

// Runs `update` now and whenever the language changes, for as long as the node lives.
export function translated<N extends Node>(node: N, update: (node: N) => void): N {
  bound.push({ node: new WeakRef(node), update: update as (node: never) => void });
  update(node);
  return node;
}

export const word = (name: Word, values?: Values): Text =>
  translated(document.createTextNode(""), (text) => (text.data = t(name, values)));

// Gives an element an accessible name, and a tooltip where it shows no text of its own.
export const labelled = <E extends HTMLElement>(element: E, name: Word, tip = true): E =>
  translated(element, (e) => {
    e.setAttribute("aria-label", t(name));
    if (tip) e.title = t(name);
  });

export function setLanguage(next: Language) {
  current = next;
  remember.set("language", next);
  document.documentElement.lang = next === "zh" ? "zh-Hans" : "en";
  for (let i = bound.length - 1; i >= 0; --i) {
    const entry = bound[i]!;
    const node = entry.node.deref();
    if (node) entry.update(node as never);
    else bound.splice(i, 1);
  }
}

export function languageSwitch(): HTMLElement {
  const select = h(
    "select",
    { class: "quiet", onchange: () => setLanguage(select.value as Language) },
    h("option", { value: "en", lang: "en" }, "English"),
    h("option", { value: "zh", lang: "zh-Hans" }, "中文"),
  );
  select.value = current;
  return labelled(select, "language");
}
