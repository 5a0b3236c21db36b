// Elements, made without a framework. Text always enters as text: there is no innerHTML anywhere in
// the studio, and the Content-Security-Policy (trusted types) would refuse it.

type Child = Node | string | false | null | undefined;
type Attributes = Record<string, string | number | boolean | ((event: never) => void) | undefined>;

function apply(element: Element, attributes: Attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value as unknown as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

// h("button", { class: "quiet", onclick: send }, "Send")
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  apply(element, attributes);
  element.append(...children.filter((child): child is Node | string => !!child || child === ""));
  return element;
}

// Line drawings on a 24x24 grid.
const icons = {
  plus: ["M12 5v14M5 12h14"],
  attach: ["M20 11.5l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.6-8.6a3.4 3.4 0 0 1 4.8 4.8l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.8-7.8"],
  camera: ["M4 8h3l1.6-2.5h6.8L17 8h3a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1z", "M12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z"],
  microphone: ["M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3z", "M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21M8.5 21h7"],
  live: ["M4 10v4M8 6.5v11M12 3.5v17M16 7.5v9M20 10.5v3"],
  send: ["M12 19V5M6 11l6-6 6 6"],
  stop: ["M7 7h10v10H7z"],
  close: ["M6 6l12 12M18 6L6 18"],
  menu: ["M4 7h16M4 12h16M4 17h10"],
  controls: ["M4 7h9M17 7h3M4 17h3M11 17h9", "M15 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM9 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"],
  attention: ["M3 12s3.5-6.5 9-6.5S21 12 21 12s-3.5 6.5-9 6.5S3 12 3 12z", "M12 14.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6z"],
  trash: ["M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.9 12.5h9.2L17.5 7M10 10.5v6M14 10.5v6"],
  download: ["M12 4v11M7 10.5l5 5 5-5M5 20h14"],
  repeat: ["M19.5 8.5A8 8 0 1 0 20 13M20 4v5h-5"],
  sun: ["M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"],
  moon: ["M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z"],
  copy: ["M9 9h10.5v10.5H9z", "M15 6V4.5H4.5V15H6"],
  sound: ["M4 9.5h3.5L12 5.5v13l-4.5-4H4z", "M15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"],
  picture: ["M4 5h16v14H4z", "M4 16l5-5 4 4 2.5-2.5L20 17M15.5 9.5h.01"],
  text: ["M5 6h14M5 11h14M5 16h8"],
} as const;
export type Icon = keyof typeof icons;

export function icon(name: Icon): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  apply(drawing, { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" });
  for (const line of icons[name]) {
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", line);
    drawing.append(path);
  }
  return drawing;
}

// What screen readers are told without the focus moving.
const polite = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
export function announce(text: string) {
  if (!polite.isConnected) document.body.append(polite);
  polite.textContent = text;
}

export const remember = {
  get: (key: string): string | null => {
    try {
      return localStorage.getItem(`tutti.${key}`);
    } catch {
      return null; // storage may be forbidden; then nothing is remembered
    }
  },
  set: (key: string, value: string) => {
    try {
      localStorage.setItem(`tutti.${key}`, value);
    } catch {
      // as above
    }
  },
};
