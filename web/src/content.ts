// What a file is, from its bytes: names and the types that browsers make of them are often wrong, and
// a container of video may hold sound alone.
import type { Kind } from "./kinds";

export interface Content {
  kind: Kind;
  type: string; // MIME
}

const ascii = (bytes: Uint8Array, from: number, count: number) => String.fromCharCode(...bytes.subarray(from, from + count));
const big = (bytes: Uint8Array, at: number, count: number) => {
  let value = 0;
  for (let i = 0; i < count; ++i) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
};
const tracks = (video: boolean, audio: boolean, format: string): Content | undefined =>
  video ? { kind: "video", type: `video/${format}` } : audio ? { kind: "audio", type: `audio/${format}` } : undefined;

// Matroska and WebM (https://www.rfc-editor.org/rfc/rfc8794, 9559): the type of each track.
function matroska(bytes: Uint8Array): Content | undefined {
  const found = new Set<number>();
  let webm = false;
  const number = (at: number, keepMark: boolean): [number, number] => {
    const first = bytes[at] ?? 0;
    const count = first ? Math.clz32(first) - 23 : 9;
    if (count > 8) return [Infinity, 1];
    if (keepMark) return [big(bytes, at, count), count];
    // The mark goes first: with it eight bytes are more than a number holds exactly.
    const value = (first & (0xff >> count)) * 2 ** (8 * (count - 1)) + big(bytes, at + 1, count - 1);
    return [value >= 2 ** (7 * count) - 1 ? Infinity : value, count];
  };
  const walk = (from: number, to: number) => {
    for (let at = from; at < to; ) {
      const [id, idBytes] = number(at, true);
      const [size, sizeBytes] = number(at + idBytes, false);
      const begin = at + idBytes + sizeBytes;
      const end = Math.min(to, begin + size); // live streams do not know their size
      if (id === 0x1f43b675) return; // a cluster: the tracks come before it
      if ([0x1a45dfa3, 0x18538067, 0x1654ae6b, 0xae].includes(id)) walk(begin, end);
      if (id === 0x4282) webm = ascii(bytes, begin, end - begin).startsWith("webm");
      if (id === 0x83) found.add(big(bytes, begin, Math.min(8, end - begin)));
      if (end <= at) return;
      at = end;
    }
  };
  walk(0, bytes.length);
  return tracks(found.has(1), found.has(2), webm ? "webm" : "x-matroska");
}

// MP4 and QuickTime (ISO 14496-12): the handler of each track.
function mp4(bytes: Uint8Array): Content | undefined {
  const brand = ascii(bytes, 8, 4);
  if (/^(avif|avis)/.test(brand)) return { kind: "image", type: "image/avif" };
  if (/^(hei|hev|mif1|msf1)/.test(brand)) return { kind: "image", type: "image/heic" };
  const found = new Set<string>();
  const walk = (from: number, to: number) => {
    for (let at = from; at + 8 <= to; ) {
      const name = ascii(bytes, at + 4, 4);
      let size = big(bytes, at, 4);
      let head = 8;
      if (size === 1) [size, head] = [big(bytes, at + 8, 8), 16];
      if (size === 0) size = to - at; // to the end
      if (size < head) return;
      if (["moov", "trak", "mdia"].includes(name)) walk(at + head, Math.min(to, at + size));
      if (name === "hdlr") found.add(ascii(bytes, at + head + 8, 4));
      at += size;
    }
  };
  walk(0, bytes.length);
  return tracks(found.has("vide"), found.has("soun"), brand === "qt  " ? "quicktime" : "mp4");
}

function ogg(bytes: Uint8Array): Content {
  const first = ascii(bytes, 0, 4096);
  const video = /\x80theora|\x01video|OVP80|BBCD/.test(first);
  return video ? { kind: "video", type: "video/ogg" } : { kind: "audio", type: "audio/ogg" };
}

const audio = (type: string): Content => ({ kind: "audio", type: `audio/${type}` });
const image = (type: string): Content => ({ kind: "image", type: `image/${type}` });
const video = (type: string): Content => ({ kind: "video", type: `video/${type}` });

// Nothing for what is none of these, or is not known.
export function contentOf(bytes: Uint8Array): Content | undefined {
  const head = ascii(bytes, 0, 16);
  const starts = (text: string) => head.startsWith(text);
  if (starts("\x1a\x45\xdf\xa3")) return matroska(bytes);
  if (["ftyp", "moov", "mdat", "wide"].includes(head.slice(4, 8))) return mp4(bytes);
  if (starts("OggS")) return ogg(bytes);
  if (starts("\x89PNG")) return image("png");
  if (starts("\xff\xd8\xff")) return image("jpeg");
  if (/^GIF8[79]a/.test(head)) return image("gif");
  if (starts("BM") && big(bytes, 6, 4) === 0) return image("bmp");
  if (starts("II*\0") || starts("MM\0*")) return image("tiff");
  if (starts("RIFF")) {
    const form = head.slice(8, 12);
    if (form === "WEBP") return image("webp");
    if (form === "WAVE") return audio("wav");
    if (form === "AVI ") return ascii(bytes, 0, 4096).includes("vids") ? video("x-msvideo") : audio("x-msvideo");
  }
  if (starts("fLaC")) return audio("flac");
  if (starts("FORM") && head.slice(8, 11) === "AIF") return audio("aiff");
  if (starts("caff\0")) return audio("x-caf");
  if (starts(".snd")) return audio("basic");
  if (starts("#!AMR")) return audio("amr");
  if (starts("FLV\x01")) return (bytes[4] ?? 1) & 1 ? video("x-flv") : audio("x-flv");
  if (starts("\x00\x00\x01\xba") || starts("\x00\x00\x01\xb3")) return video("mpeg");
  if (bytes[0] === 0x47 && bytes[188] === 0x47 && bytes[376] === 0x47) return video("mp2t");
  if (starts("ID3") && (bytes[3] ?? 255) < 16) return audio("mpeg");
  // Frames of MPEG audio begin with eleven ones; of the layers 0 is AAC, 3 is not in use (and a mark
  // of UTF-16 looks like it).
  const layer = ((bytes[1] ?? 0) >> 1) & 3;
  if (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe0) === 0xe0 && layer < 3) return audio(layer === 0 ? "aac" : "mpeg");
  return undefined;
}
