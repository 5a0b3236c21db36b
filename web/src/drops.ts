// Files dropped anywhere on the page.
import { h } from "./dom";
import { word } from "./i18n";

export function acceptDrops(take: (files: FileList) => void) {
  const veil = h("div", { class: "veil", hidden: true }, h("p", {}, word("dropHere")));
  document.body.append(veil);
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    veil.hidden = true;
    take(event.dataTransfer!.files);
  });
}
