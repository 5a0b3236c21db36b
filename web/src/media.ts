// How an attachment is shown, and kept as a file.
import { h } from "./dom";
import { kinds } from "./kinds";
import type { Library } from "./library";
import type { Attachment } from "./message";
import { troubleOf, troubleText } from "./troubles";

export function media(file: Attachment, library: Library, description: string): HTMLElement {
  const { element, load } = kinds[file.kind].show(description);
  const frame = h("div", { class: `media ${file.kind}` }, element);
  Promise.all([file.url(library.file), file.blob(library.file)]).then(
    ([url, bytes]) => load(url, bytes),
    (error: unknown) => frame.replaceChildren(file.name, troubleText(troubleOf(error), "status")),
  );
  return frame;
}

export async function saveBlob(blob: Blob, name: string) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
