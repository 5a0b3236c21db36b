// What a conversation is made of, and how the store keeps it (OpenAI's conversation items).

import type { Kind } from "./kinds";
import type { Trouble } from "./troubles";

export type Output = "text" | "picture" | "speech";
export type State = "running" | "waiting" | "completed" | "incomplete" | "failed";

// A file shown in a conversation: its bytes are here, or in the store under `id`, or both.
export class Attachment {
  private link = "";
  stored: Promise<string> | undefined; // the store's id, once it is asked for
  constructor(readonly kind: Kind, readonly name: string, private bytes?: Blob, readonly id?: string) {}

  // Reads from the store what is not here yet.
  async blob(fetchFile: (id: string) => Promise<Blob>): Promise<Blob> {
    return (this.bytes ??= await fetchFile(this.id!));
  }
  async url(fetchFile: (id: string) => Promise<Blob>): Promise<string> {
    return (this.link ||= URL.createObjectURL(await this.blob(fetchFile)));
  }
}

export interface Figures {
  firstMs?: number; // to the first token, preview or sound
  totalMs?: number;
  tokens?: number;
  audioSeconds?: number;
  seed?: number;
}

export interface Settings {
  seed: number;
  temperature: number;
  maxTokens: number;
  steps: number; // 0: the model's own
  guidance: number; // negative: the model's own
  language: string;
  task: string;
  up: string; // the axis of clouds of points
}

export const standard: Settings = { seed: -1, temperature: 0, maxTokens: 64, steps: 0, guidance: -1, language: "", task: "automatic", up: "z" };

export class Message {
  state: State = "completed";
  text = "";
  files: Attachment[] = [];
  preview = ""; // URL of a picture being drawn
  output: Output = "text"; // asked for (user), or given (assistant)
  settings: Partial<Settings> = {};
  figures: Figures = {};
  trouble: Trouble | undefined;
  onChange: () => void = () => {};

  constructor(readonly id: string, readonly role: "user" | "assistant") {}

  // Everything that is shown follows from the message; views redraw when told.
  change(what: Partial<Message>) {
    Object.assign(this, what);
    this.onChange();
  }
}

export const newId = (prefix: string) =>
  `${prefix}_${Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("")}`;

interface Content {
  type: string;
  text?: string;
  file_id?: string;
  filename?: string;
}
export interface Item {
  id: string;
  type: "message";
  role: "user" | "assistant";
  status: "completed" | "incomplete" | "in_progress";
  content: Content[];
  metadata: { output: Output; settings: Partial<Settings>; figures: Figures };
}

export async function toItem(message: Message): Promise<Item> {
  const side = message.role === "user" ? "input" : "output";
  const content: Content[] = [];
  for (const file of message.files)
    content.push({ type: `${side}_${file.kind}`, file_id: (await file.stored) ?? file.id ?? "", filename: file.name });
  if (message.text) content.push({ type: `${side}_text`, text: message.text });
  const status = { running: "in_progress", waiting: "in_progress", completed: "completed", incomplete: "incomplete", failed: "incomplete" } as const;
  return {
    id: message.id,
    type: "message",
    role: message.role,
    status: status[message.state],
    content,
    metadata: { output: message.output, settings: message.settings, figures: message.figures },
  };
}

export function fromItem(item: Item): Message {
  const message = new Message(item.id, item.role);
  for (const part of item.content) {
    const kind = part.type.split("_")[1] ?? "";
    if (kind === "text") message.text += part.text ?? "";
    else if (part.file_id) message.files.push(new Attachment(kind as Kind, part.filename ?? "", undefined, part.file_id));
  }
  message.state = item.status === "completed" ? "completed" : "incomplete";
  message.output = item.metadata?.output ?? "text";
  message.settings = item.metadata?.settings ?? {};
  message.figures = item.metadata?.figures ?? {};
  return message;
}
