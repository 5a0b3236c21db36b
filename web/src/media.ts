// How an attachment is shown: a picture, or the browser's own players with their accessible controls.
import { h } from "./dom";
import type { Library } from "./library";
import type { Attachment } from "./message";
import { troubleOf, troubleText } from "./troubles";

export function media(file: Attachment, library: Library, description: string): HTMLElement {
  const element =
    file.kind === "image"
      ? h("img", { alt: description })
      : file.kind === "audio"
        ? h("audio", { controls: true, "aria-label": description, preload: "metadata" })
        : h("video", { controls: true, "aria-label": description, preload: "metadata", playsinline: true });
  const frame = h("div", { class: `media ${file.kind}` }, element);
  file.url(library.file).then(
    (url) => (element.src = url),
    (error: unknown) => frame.replaceChildren(file.name, troubleText(troubleOf(error), "status")),
  );
  return frame;
}

export async function saveBlob(blob: Blob, name: string) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
