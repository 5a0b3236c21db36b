// PLY, in text or binary: its points and faces.

export type Point = [number, number, number];
// faces: of each the places of its corners among the points.
export interface Mesh { points: Point[]; faces: number[][] }

type Next = (type: string) => number;
interface Property { name: string; type: string; count?: string }
interface Element { name: string; count: number; properties: Property[] }

const sizes: Record<string, [number, (view: DataView, at: number, little: boolean) => number]> = {
  char: [1, (view, at) => view.getInt8(at)],
  uchar: [1, (view, at) => view.getUint8(at)],
  short: [2, (view, at, little) => view.getInt16(at, little)],
  ushort: [2, (view, at, little) => view.getUint16(at, little)],
  int: [4, (view, at, little) => view.getInt32(at, little)],
  uint: [4, (view, at, little) => view.getUint32(at, little)],
  float: [4, (view, at, little) => view.getFloat32(at, little)],
  double: [8, (view, at, little) => view.getFloat64(at, little)],
};
const spellings: Record<string, string> = {
  int8: "char", uint8: "uchar", int16: "short", uint16: "ushort", int32: "int", uint32: "uint", float32: "float",
  float64: "double",
};
const plain = (type: string) => spellings[type] ?? type;

function elementsOf(head: string): Element[] {
  const elements: Element[] = [];
  for (const [first, ...words] of head.split("\n").map((line) => line.trim().split(/\s+/)))
    if (first === "element") elements.push({ name: words[0]!, count: Number(words[1]), properties: [] });
    else if (first === "property" && words[0] === "list")
      elements.at(-1)?.properties.push({ name: words[3]!, type: plain(words[2]!), count: plain(words[1]!) });
    else if (first === "property") elements.at(-1)?.properties.push({ name: words[1]!, type: plain(words[0]!) });
  return elements;
}

function fromWords(text: string): Next {
  const words = text.trim().split(/\s+/);
  let at = 0;
  return () => {
    if (at === words.length) throw new RangeError("the file ends early");
    return Number(words[at++]);
  };
}

function fromBytes(bytes: Uint8Array, little: boolean): Next {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  return (type) => {
    const [size, get] = sizes[type]!;
    const value = get(view, at, little); // throws behind the end
    at += size;
    return value;
  };
}

// What there is of it: a file that ends early gives the points and faces before its end.
export function readPly(bytes: Uint8Array): Mesh {
  const mesh: Mesh = { points: [], faces: [] };
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 65536));
  const head = /^[^]*?\nend_header\r?\n/.exec(start)?.[0];
  if (!head) return mesh;
  const rest = bytes.subarray(head.length);
  const next = /^format ascii/m.test(head) ? fromWords(new TextDecoder("latin1").decode(rest))
    : fromBytes(rest, /^format binary_little_endian/m.test(head));
  try {
    for (const { name, count, properties } of elementsOf(head))
      for (let i = 0; i < count && properties.length; ++i) {
        const values: Record<string, number> = {};
        for (const property of properties)
          if (property.count) {
            const list = Array.from({ length: next(property.count) }, () => next(property.type));
            if (name === "face" && /^vertex_ind/.test(property.name)) mesh.faces.push(list);
          } else values[property.name] = next(property.type);
        if (name === "vertex") mesh.points.push([values["x"]!, values["y"]!, values["z"]!]);
      }
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
  }
  return mesh;
}
