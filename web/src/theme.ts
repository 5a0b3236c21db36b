// Light or dark: as the system has it, until the person chooses.
import { h, icon, remember } from "./dom";
import { labelled, t, translated } from "./i18n";

const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (remember.get("theme") ?? (system.matches ? "dark" : "light")) === "dark";
const show = () => (document.documentElement.dataset.theme = isDark() ? "dark" : "light");

export function themeSwitch(): HTMLElement {
  const button = labelled(h("button", { type: "button", class: "tool", onclick: () => {
    remember.set("theme", isDark() ? "light" : "dark");
    draw();
  } }), "theme");
  const draw = () => {
    show();
    button.replaceChildren(icon(isDark() ? "sun" : "moon"));
    button.title = t(isDark() ? "toLight" : "toDark");
    button.setAttribute("aria-pressed", String(isDark()));
  };
  system.addEventListener("change", draw);
  return translated(button, draw);
}
