// What an empty conversation shows: what this is, and four things to try.
import { h, icon, type Icon } from "./dom";
import { type Word, word } from "./i18n";
import type { Output } from "./message";

const ideas: [Word, Word, Icon, Output, string][] = [
  ["ideaName", "ideaNameText", "attach", "text", ""],
  ["ideaDraw", "ideaDrawText", "picture", "picture", "sunflower"],
  ["ideaSay", "ideaSayText", "sound", "speech", "two blue triangles"],
  ["ideaHear", "ideaHearText", "microphone", "text", ""],
];

export function welcome(choose: (output: Output, text: string) => void): HTMLElement {
  return h(
    "section",
    { class: "welcome" },
    h("h2", {}, word("greeting")),
    h("p", {}, word("invitation")),
    h("ul", { class: "ideas" }, ...ideas.map(([title, text, drawing, output, prompt]) =>
      h("li", {}, h("button", { type: "button", onclick: () => choose(output, prompt) }, icon(drawing), h("b", {}, word(title)), h("span", {}, word(text)))))),
    h("p", { class: "hint" }, word("shortcuts")),
  );
}
