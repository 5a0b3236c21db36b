// Files that a person gives: by the file dialog, by dropping, by pasting, by the camera.
import { announce } from "./dom";
import { t } from "./i18n";
import { Attachment, type Kind } from "./message";

const mostMegabytes = 20; // base64 grows it by a third; the server takes 32 MB
const mostSide = 1024;    // the model sees 128x128; what is kept should still be nice to look at

const kindOf = (file: File): Kind | undefined =>
  (["image", "audio", "video"] as const).find((kind) => file.type.startsWith(`${kind}/`));

async function reduced(file: File): Promise<Blob> {
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
export async function toAttachments(files: Iterable<File>, refuse: (why: string) => void): Promise<Attachment[]> {
  const found: Attachment[] = [];
  for (const file of files) {
    const kind = kindOf(file);
    if (!kind) {
      refuse(t("wrongFile", { name: file.name }));
      continue;
    }
    const blob = kind === "image" ? await reduced(file) : file;
    if (blob.size > mostMegabytes * 2 ** 20) {
      refuse(t("tooLarge", { name: file.name, limit: mostMegabytes }));
      continue;
    }
    found.push(new Attachment(kind, file.name, blob));
    announce(t("added", { name: file.name }));
  }
  return found;
}
