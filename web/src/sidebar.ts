// The conversations that the server keeps: open, delete, download.
import { confirmed } from "./dialog";
import { h, icon, type Icon } from "./dom";
import { type Word, labelled, t, translated, word } from "./i18n";
import type { Entry, Library } from "./library";
import { saveBlob } from "./media";
import { troubleOf, troubleText } from "./troubles";

export class Sidebar {
  readonly element: HTMLElement;
  onOpen: (entry: Entry) => void = () => {};
  onNew: () => void = () => {};
  onDeleted: (id: string | undefined) => void = () => {};
  entries: Entry[] = [];
  private open = "";
  private readonly list = translated(h("ul", { class: "conversations" }), () => this.draw());
  private readonly saving = translated(h("p", { class: "saving", role: "status" }), () => this.drawSaving());
  private readonly complaint = h("div", { class: "complaint" });
  private readonly all = h("div", { class: "row all" });

  constructor(private readonly library: Library) {
    this.all.append(
      this.small("exportAll", "download", () => this.tell(this.download(undefined, "tutti-conversations.json")), true),
      this.small("deleteAll", "trash", () => this.tell(this.deleteAll()), true),
    );
    this.element = labelled(
      h("nav", { class: "sidebar", id: "sidebar" },
        h("button", { type: "button", class: "new", onclick: () => this.onNew() }, icon("plus"), word("newChat")),
        this.list, this.complaint, this.saving, this.all),
      "conversations", false);
    library.onSaving = () => this.drawSaving();
    this.draw();
    this.drawSaving();
  }

  show(entries: Entry[], open: string) {
    this.entries = entries;
    this.open = open;
    this.draw();
  }

  private small(name: Word, drawing: Icon, run: () => void, worded = false) {
    return labelled(h("button", { type: "button", class: "quiet tiny", onclick: run }, icon(drawing), worded && word(name)), name);
  }

  private draw() {
    if (!this.list) return; // while it is being made
    const rows = [...this.entries].sort((a, b) => b.updated - a.updated).map((entry) => this.row(entry));
    const empty = h("li", { class: "hint" }, t(this.library.available ? "nothingYet" : "notKept"));
    this.list.replaceChildren(...(rows.length ? rows : [empty]));
    if (this.all) this.all.hidden = rows.length === 0 || !this.library.available;
  }

  private row(entry: Entry) {
    const title = entry.title || t("untitled");
    const isOpen = entry.id === this.open;
    const link = h("button", { type: "button", class: "title", ...(isOpen ? { "aria-current": "true" } : {}), onclick: () => this.onOpen(entry) }, title);
    return h("li", { class: isOpen ? "open" : "" }, link,
      this.library.available && this.small("exportOne", "download", () => this.tell(this.download(entry.id, `${title}.json`))),
      this.library.available && this.small("deleteOne", "trash", () => this.tell(this.deleteOne(entry))));
  }

  private async download(id: string | undefined, name: string) {
    await saveBlob(await this.library.exported(id), name);
  }

  // What was asked for here and could not be done is said here.
  private tell(work: Promise<void>) {
    this.complaint.replaceChildren();
    work.catch((error: unknown) => this.complaint.replaceChildren(troubleText(troubleOf(error), "alert")));
  }

  private async deleteOne(entry: Entry) {
    if (!(await confirmed(t("sureDelete", { title: entry.title || t("untitled") }), "delete"))) return;
    await this.library.remove(entry.id);
    this.onDeleted(entry.id);
  }

  private async deleteAll() {
    if (!(await confirmed(t("sureDeleteAll"), "delete"))) return;
    await this.library.removeAll();
    this.onDeleted(undefined);
  }

  private drawSaving() {
    if (!this.saving) return; // while it is being made
    const { saving, trouble } = this.library;
    const words = { saved: "saved", saving: "saving", full: "diskFull", away: "disconnected", refused: "notSaved", off: "notKept" } as const;
    this.saving.textContent = saving === "off" ? "" : t(words[saving]);
    if ((saving === "full" || saving === "refused") && trouble?.detail)
      this.saving.append(h("details", {}, h("summary", {}, t("details")), h("pre", { dir: "auto", lang: "en" }, trouble.detail)));
    this.saving.dataset.saving = saving;
  }
}
