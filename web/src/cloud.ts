// Clouds of points and meshes: how they are told by their bytes, and a drawing of those in text.
import { h } from "./dom";

const side = 220;
const mostDrawn = 20_000;

const firstText = (bytes: Uint8Array) => String.fromCharCode(...bytes.subarray(0, 512));

// OBJ has no mark of its own: its name tells, or points from the first line on.
export function isCloud(bytes: Uint8Array, name: string): boolean {
  const head = firstText(bytes);
  return /^ply\r?\n/.test(head) || /^(ST)?C?N?OFF\s/.test(head) || /^(#.*\n)*VERSION\s/.test(head) ||
    (/\.obj$/i.test(name) && /^(#|o|g|v|mtllib|usemtl|s|vn|vt)\s/m.test(head)) || /^v( -?[\d.e+-]+){3}/.test(head);
}

type Point = [number, number, number];

// Lines of three numbers or more, behind the head that the format has; OFF's ends with three counts.
function pointsOf(text: string): Point[] {
  const head =
    /(end_header|\nDATA ascii)\r?\n/.exec(text) ?? /^(?:ST)?C?N?OFF\s+(?:#.*\n\s*)*\d+\s+\d+\s+\d+/.exec(text);
  if (/^ply/.test(text) && !/^format ascii/m.test(text)) return [];
  const points: Point[] = [];
  for (const line of text.slice(head ? head.index + head[0].length : 0).split("\n")) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "v") words.shift();
    const [x, y, z] = words.slice(0, 3).map(Number);
    // A face begins with how many corners it has.
    if (words.length >= 3 && !(words.length > 3 && Number(words[0]) === words.length - 1) &&
        [x, y, z].every((value) => Number.isFinite(value)))
      points.push([x!, y!, z!]);
  }
  const step = Math.ceil(points.length / mostDrawn) || 1;
  return points.filter((_, i) => i % step === 0);
}

// As the model sees it: from the front, z up.
function draw(canvas: HTMLCanvasElement, points: Point[]) {
  const pen = canvas.getContext("2d")!;
  const middle = [0, 1, 2].map((k) => points.reduce((sum, point) => sum + point[k]!, 0) / points.length);
  const from = (point: Point) => point.map((value, k) => value - middle[k]!) as Point;
  const radius = points.reduce((most, point) => Math.max(most, Math.hypot(...from(point))), 0) || 1;
  pen.fillStyle = getComputedStyle(canvas).color;
  for (const point of points) {
    const [x, y, z] = from(point);
    pen.globalAlpha = 0.6 - (0.4 * y) / radius; // what is nearer is darker
    pen.fillRect((side * (1 + (0.95 * x) / radius)) / 2, (side * (1 - (0.95 * z) / radius)) / 2, 1.5, 1.5);
  }
}

export function showCloud(description: string) {
  const element = h("canvas", { role: "img", "aria-label": description, width: side, height: side });
  const load = (_: string, bytes: Blob) =>
    void bytes.text().then((text) => {
      const points = pointsOf(text);
      if (points.length) draw(element, points);
      else element.replaceWith(h("p", {}, description)); // a binary file
    });
  return { element, load };
}
