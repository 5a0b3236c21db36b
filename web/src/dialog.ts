// Modal questions, on the browser's own <dialog>: it keeps the focus inside, closes on Escape and
// gives the focus back.
import { h } from "./dom";
import { type Word, word } from "./i18n";
import { setKey } from "./api";

export function openDialog(content: HTMLElement, kind = ""): HTMLDialogElement {
  const dialog = h("dialog", { class: kind }, content);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  return dialog;
}

export function confirmed(question: string, yes: Word): Promise<boolean> {
  return new Promise((resolve) => {
    const form = h(
      "form",
      { method: "dialog" },
      h("p", {}, question),
      h("div", { class: "row end" }, h("button", { value: "no", class: "quiet" }, word("keep")), h("button", { value: "yes", class: "danger" }, word(yes))),
    );
    const dialog = openDialog(form, "small");
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
  });
}

let asking: Promise<boolean> | undefined;

// Several requests may be refused at once; the person is asked once.
export function askForKey(): Promise<boolean> {
  return (asking ??= new Promise<boolean>((resolve) => {
    const input = h("input", { type: "password", autocomplete: "off", required: true, name: "key" });
    const keep = h("input", { type: "checkbox" });
    const form = h(
      "form",
      { method: "dialog" },
      h("h2", {}, word("keyTitle")),
      h("label", { class: "field" }, word("keyLabel"), input),
      h("label", { class: "check" }, keep, word("keyKeep")),
      h("div", { class: "row end" }, h("button", { value: "yes", class: "primary" }, word("keyUse"))),
    );
    const dialog = openDialog(form, "small");
    dialog.addEventListener("close", () => {
      asking = undefined;
      if (dialog.returnValue === "yes") setKey(input.value.trim(), keep.checked);
      resolve(dialog.returnValue === "yes");
    });
  }));
}

