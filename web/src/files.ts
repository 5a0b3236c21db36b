// Files that a person gives: by the file dialog, by dropping, by pasting, by the camera.
import { announce } from "./dom";
import { t } from "./i18n";
import { type Content, contentOf } from "./content";
import { kindNames, kinds } from "./kinds";
import { Attachment } from "./message";
import type { Trouble } from "./troubles";

const mostMegabytes = 20; // base64 grows it by a third; the server takes 32 MB
const mostRead = 256 * 2 ** 20; // of a picture, which may become small
const mostSide = 1024;    // the model sees 128x128; what is kept should still be nice to look at

// By its bytes; where they say nothing, by what each kind makes of its name.
async function contentOfFile(file: File): Promise<Content | undefined> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const sure = contentOf(bytes);
  if (sure) return sure;
  for (const kind of kindNames) {
    const type = kinds[kind].known(bytes, file);
    if (type) return { kind, type };
  }
  return undefined;
}

async function reduced(file: Blob): Promise<Blob> {
  if (file.type === "image/gif" || file.type === "image/svg+xml") return file;
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (!bitmap) return file; // what the browser cannot read the server may
  const scale = mostSide / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1) return file;
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  canvas.getContext("2d")!.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
}

// What can be used of `files`; the rest is named in `refuse`.
export async function toAttachments(files: Iterable<File>, refuse: (why: Trouble) => void): Promise<Attachment[]> {
  const found: Attachment[] = [];
  for (const file of files) {
    if (file.size > mostRead) {
      refuse({ word: "tooLarge", values: { name: file.name, limit: mostMegabytes } });
      continue;
    }
    const content = await contentOfFile(file).catch(() => undefined); // a folder cannot be read
    if (!content) {
      refuse({ word: "wrongFile", values: { name: file.name } });
      continue;
    }
    const typed = new Blob([file], { type: content.type });
    const blob = content.kind === "image" ? await reduced(typed) : typed;
    if (blob.size > mostMegabytes * 2 ** 20) {
      refuse({ word: "tooLarge", values: { name: file.name, limit: mostMegabytes } });
      continue;
    }
    found.push(new Attachment(content.kind, file.name, blob));
    announce(t("added", { name: file.name }));
  }
  return found;
}
