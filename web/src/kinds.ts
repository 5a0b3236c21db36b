// What can be attached to a message: a row each. Everything else on the page asks here.
import { isCloud, showCloud } from "./cloud";
import { type Icon, h } from "./dom";

interface KindRow {
  accept: string; // of the file dialog
  // Its MIME type where the bytes alone do not tell (content.ts); nothing where it is none of these.
  known(bytes: Uint8Array, file: File): string | undefined;
  part(url: string, type: string, up: string): object; // of a chat completion
  thumbnail?: boolean; // a small picture of it can be shown
  icon: Icon;
  // In the conversation, under this description; shows the bytes, which are at the URL too.
  show(description: string): { element: HTMLElement; load(url: string, bytes: Blob): void };
}

const byName = (family: string) => (_: Uint8Array, file: File) => (file.type.startsWith(`${family}/`) ? file.type : undefined);
const player = <E extends HTMLElement & { src: string }>(element: E) => ({ element, load: (url: string) => void (element.src = url) });

// As OpenAI calls the formats of sounds.
const format = (type: string) => type.split("/")[1]?.split(";")[0]?.replace("x-", "").replace("mpeg", "mp3") || "wav";

const rows = {
  // Known by its bytes, so before those that are known by the type that a browser makes of the name:
  // a .pcd is a Photo CD to it.
  points: {
    accept: ".ply,.obj,.off,.pcd",
    known: (bytes, file) => (isCloud(bytes, file.name) ? "model/mesh" : undefined),
    part: (url, _, up) => ({ type: "points_url", points_url: { url }, ...(up === "y" ? { up } : {}) }),
    icon: "picture",
    show: showCloud,
  },
  image: {
    accept: "image/*",
    known: byName("image"),
    part: (url) => ({ type: "image_url", image_url: { url } }),
    thumbnail: true,
    icon: "picture",
    show: (description) => player(h("img", { alt: description })),
  },
  audio: {
    accept: "audio/*",
    known: byName("audio"),
    part: (url, type) => ({
      type: "input_audio",
      input_audio: { data: url.slice(url.indexOf(",") + 1), format: format(type) },
    }),
    icon: "sound",
    show: (description) => player(h("audio", { controls: true, "aria-label": description, preload: "metadata" })),
  },
  video: {
    accept: "video/*",
    known: byName("video"),
    part: (url) => ({ type: "video_url", video_url: { url } }),
    icon: "camera",
    show: (description) =>
      player(h("video", { controls: true, "aria-label": description, preload: "metadata", playsinline: true })),
  },
} satisfies Record<string, KindRow>;

export type Kind = keyof typeof rows;
export const kinds: Record<Kind, KindRow> = rows;
export const kindNames = Object.keys(rows) as Kind[];
