// The frame of the screen: conversations on the left, the thread in the middle, controls and the
// attention view on the right. On narrow screens both sides are drawers.
import { h, icon, remember } from "./dom";
import { type Word, labelled, word } from "./i18n";

interface Regions {
  sidebar: HTMLElement;
  tools: HTMLElement[];
  centre: HTMLElement[];
  controls: HTMLElement;
  attention: HTMLElement;
}

const narrow = matchMedia("(max-width: 1000px)");

export class Shell {
  readonly element: HTMLElement;
  private readonly panel: HTMLElement;
  private readonly tabs: [HTMLButtonElement, HTMLElement][];
  private readonly menuButton: HTMLButtonElement;
  private readonly panelButton: HTMLButtonElement;

  constructor({ sidebar, tools, centre, controls, attention }: Regions) {
    this.tabs = [this.tab("controls", controls), this.tab("attention", attention)];
    const list = h("div", { role: "tablist", class: "tabs" }, ...this.tabs.map(([tab]) => tab));
    list.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const next = this.tabs[0]![0].ariaSelected === "true" ? 1 : 0;
      this.choose(next);
      this.tabs[next]![0].focus();
    });
    this.panel = labelled(h("aside", { class: "panel", id: "panel" }, list, controls, attention), "controls", false);
    this.choose(0);
    this.menuButton = this.toggle("openMenu", "menu", "sidebar", () => this.setOpen("sidebar", !this.isOpen("sidebar")));
    this.panelButton = this.toggle("openPanel", "controls", "panel", () => this.setOpen("panel", !this.isOpen("panel")));
    const bar = h("header", { class: "bar" }, this.menuButton, h("h1", {}, h("span", { class: "mark", "aria-hidden": "true" }, h("i"), h("i"), h("i"), h("i")), "Tutti"), h("div", { class: "row end" }, ...tools, this.panelButton));
    this.element = h("div", { class: "shell" }, bar, sidebar, h("main", {}, ...centre), this.panel);
    this.setOpen("sidebar", !narrow.matches && remember.get("sidebar") !== "closed", false);
    this.setOpen("panel", !narrow.matches && remember.get("panel") === "open", false);
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && narrow.matches) this.closeDrawers();
    });
  }

  showAttention() {
    this.setOpen("panel", true);
    this.choose(1);
  }

  closeDrawers() {
    if (!narrow.matches) return;
    this.setOpen("sidebar", false, false);
    this.setOpen("panel", false, false);
  }

  private tab(name: "controls" | "attention", content: HTMLElement): [HTMLButtonElement, HTMLElement] {
    content.id = `${name}-panel`;
    content.setAttribute("role", "tabpanel");
    content.setAttribute("aria-labelledby", `${name}-tab`);
    const index = name === "controls" ? 0 : 1;
    const button = h("button", { type: "button", role: "tab", id: `${name}-tab`, "aria-controls": content.id, onclick: () => this.choose(index) }, icon(name), word(name));
    return [button, content];
  }

  private choose(chosen: number) {
    this.tabs.forEach(([tab, content], index) => {
      tab.ariaSelected = String(index === chosen);
      tab.tabIndex = index === chosen ? 0 : -1;
      content.hidden = index !== chosen;
    });
  }

  private toggle(name: Word, drawing: "menu" | "controls", region: string, run: () => void) {
    return labelled(h("button", { type: "button", class: "tool", "aria-controls": region, onclick: run }, icon(drawing)), name);
  }

  private isOpen(region: "sidebar" | "panel") {
    return this.element.classList.contains(`with-${region}`);
  }

  private setOpen(region: "sidebar" | "panel", open: boolean, keep = true) {
    this.element.classList.toggle(`with-${region}`, open);
    (region === "sidebar" ? this.menuButton : this.panelButton).setAttribute("aria-expanded", String(open));
    if (keep && !narrow.matches) remember.set(region, open ? "open" : "closed");
  }
}
