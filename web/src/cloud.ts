// Clouds of points and meshes: how they are told by their bytes, and a drawing of them.
import { h } from "./dom";
import { readPly, type Mesh, type Point } from "./ply";

const side = 220;
const mostDrawn = 20_000;

const textOf = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

// OBJ has no mark of its own: its name tells, or points from the first line on.
export function isCloud(bytes: Uint8Array, name: string): boolean {
  const head = textOf(bytes.subarray(0, 512));
  return /^ply\r?\n/.test(head) || /^(ST)?C?N?OFF\s/.test(head) || /^(#.*\n)*VERSION\s/.test(head) ||
    (/\.obj$/i.test(name) && /^(#|o|g|v|mtllib|usemtl|s|vn|vt)\s/m.test(head)) || /^v( -?[\d.e+-]+){3}/.test(head);
}

const linesOf = (text: string) => text.split("\n").map((line) => line.trim().split(/\s+/));
const place = (words: string[]) => words.slice(0, 3).map(Number) as Point;

function readObj(text: string): Mesh {
  const lines = linesOf(text);
  const points = lines.filter(([kind]) => kind === "v").map(([, ...words]) => place(words));
  // 7, 7/1 and 7//2 are the seventh point, -1 the last one.
  const corner = (word: string) => (parseInt(word) < 0 ? points.length + parseInt(word) : parseInt(word) - 1);
  return { points, faces: lines.filter(([kind]) => kind === "f").map(([, ...words]) => words.map(corner)) };
}

function readOff(text: string): Mesh {
  const head = /^(?:ST)?C?N?OFF\s+(?:#.*\n\s*)*(\d+)\s+\d+\s+\d+/.exec(text);
  if (!head) return { points: [], faces: [] };
  const lines = linesOf(text.slice(head[0].length)).filter((words) => words[0] && words[0][0] !== "#");
  const count = Number(head[1]);
  return {
    points: lines.slice(0, count).map(place),
    faces: lines.slice(count).map((words) => words.slice(1, 1 + Number(words[0])).map(Number)),
  };
}

function readPcd(text: string): Mesh {
  const head = /\nDATA ascii\r?\n/.exec(text);
  return { points: head ? linesOf(text.slice(head.index + head[0].length)).map(place) : [], faces: [] };
}

function read(bytes: Uint8Array): Mesh {
  if (/^ply\r?\n/.test(textOf(bytes.subarray(0, 5)))) return readPly(bytes);
  const text = textOf(bytes);
  if (/^(ST)?C?N?OFF\s/.test(text)) return readOff(text);
  return /^(#.*\n)*VERSION\s/.test(text) ? readPcd(text) : readObj(text);
}

// From the front, turned by 30 degrees and seen from a little above; z up. Of a mesh its edges.
function draw(canvas: HTMLCanvasElement, { points, faces }: Mesh) {
  const pen = canvas.getContext("2d")!;
  const middle = [0, 1, 2].map((k) => points.reduce((sum, point) => sum + point[k]!, 0) / points.length);
  const from = (point: Point) => point.map((value, k) => value - middle[k]!) as Point;
  const radius = points.reduce((most, point) => Math.max(most, Math.hypot(...from(point))), 0) || 1;
  const turned = points.map((point) => {
    const [x, y, z] = from(point).map((value) => value / radius) as Point;
    const [across, deep] = [0.87 * x - 0.5 * y, 0.5 * x + 0.87 * y];
    return { left: (side * (1 + 0.95 * across)) / 2, top: (side * (1 - 0.95 * (0.94 * z + 0.34 * deep))) / 2, deep };
  });
  pen.fillStyle = pen.strokeStyle = getComputedStyle(canvas).color;
  const dark = (deep: number) => 0.6 - 0.35 * deep; // what is nearer is darker
  for (const face of faces)
    face.forEach((corner, i) => {
      const [a, b] = [turned[corner], turned[face[(i + 1) % face.length]!]];
      if (!a || !b) return;
      pen.globalAlpha = dark((a.deep + b.deep) / 2);
      pen.beginPath();
      pen.moveTo(a.left, a.top);
      pen.lineTo(b.left, b.top);
      pen.stroke();
    });
  for (const point of faces.length ? [] : turned) {
    pen.globalAlpha = dark(point.deep);
    pen.fillRect(point.left, point.top, 1.5, 1.5);
  }
}

const thinned = <T>(all: T[]) => all.filter((_, i) => i % (Math.ceil(all.length / mostDrawn) || 1) === 0);

export function showCloud(description: string) {
  const element = h("canvas", { role: "img", "aria-label": description, width: side, height: side });
  const load = (_: string, blob: Blob) =>
    void blob.arrayBuffer().then((buffer) => {
      const { points, faces: all } = read(new Uint8Array(buffer));
      const faces = all.filter((face) => face.length > 1);
      const finite = (point?: Point) => point?.length === 3 && point.every(Number.isFinite);
      if (faces.length && points.every(finite)) draw(element, { points, faces: thinned(faces) });
      else if (points.some(finite)) draw(element, { points: thinned(points.filter(finite)), faces: [] });
      else element.replaceWith(h("p", {}, description)); // a format that is not drawn, or an empty file
    });
  return { element, load };
}
