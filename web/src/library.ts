// The server's store of conversations (/v1/conversations, /v1/files), and an outbox in front of it:
// what is said is shown at once, sent in order, and sent again until the server has acknowledged it,
// so neither a restart nor a full disk loses a word while the page is open.
import { ApiError, Unreachable, json, pause, post, request, untilUp } from "./api";
import { type Trouble, troubleOf } from "./troubles";
import { type Attachment, type Item, type Message, fromItem, newId, toItem } from "./message";

export interface Entry {
  id: string;
  title: string;
  updated: number;
}
interface Stored {
  id: string;
  created_at: number;
  updated_at: number;
  metadata: { title?: string };
}
interface Page<T> {
  data: T[];
  has_more: boolean;
  last_id: string | null;
}

export type Saving = "saved" | "saving" | "full" | "away" | "refused" | "off";

export class Library {
  available = true; // false: the server keeps nothing; neither does the page, once it is closed
  saving: Saving = "saved";
  trouble: Trouble | undefined; // why something is not saved
  onSaving: () => void = () => {};
  private queue: Promise<void> = Promise.resolve();
  private waiting = 0;
  private refused: Trouble | undefined; // of what will never be saved
  private newest = new Map<string, number>();

  private async all<T>(path: string): Promise<T[]> {
    const found: T[] = [];
    for (let after = ""; ; ) {
      const page = await json<Page<T>>(request(`${path}limit=100${after}`));
      found.push(...page.data);
      if (!page.has_more) return found;
      after = `&after=${page.last_id}`;
    }
  }

  async list(): Promise<Entry[]> {
    try {
      const stored = await this.all<Stored>("/v1/conversations?");
      return stored.map((c) => ({ id: c.id, title: c.metadata.title ?? "", updated: c.updated_at }));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      this.available = false;
      this.say("off");
      return [];
    }
  }

  async messages(id: string): Promise<Message[]> {
    const items = await this.all<Item>(`/v1/conversations/${id}/items?order=asc&`);
    return items.filter((item) => item.type === "message").map(fromItem);
  }

  file = async (id: string): Promise<Blob> => (await request(`/v1/files/${id}/content`)).blob();

  create(title: string): Entry {
    const entry = { id: newId("conv"), title, updated: Date.now() / 1000 };
    this.enqueue(() => post("/v1/conversations", { id: entry.id, metadata: { title } }));
    return entry;
  }

  keepFile(file: Attachment) {
    if (!this.available || file.stored || file.id) return;
    const id = newId("file");
    file.stored = Promise.resolve(id);
    this.enqueue(async () => {
      const form = new FormData();
      form.append("purpose", "user_data");
      form.append("id", id);
      form.append("file", await file.blob(this.file), file.name);
      await request("/v1/files", { method: "POST", body: form });
    });
  }

  // Of several versions of one message that wait, only the newest is sent.
  keep(conversation: string, message: Message) {
    const version = (this.newest.get(message.id) ?? 0) + 1;
    this.newest.set(message.id, version);
    for (const file of message.files) this.keepFile(file);
    this.enqueue(async () => {
      if (this.newest.get(message.id) !== version) return;
      await post(`/v1/conversations/${conversation}/items`, { items: [await toItem(message)] });
    });
  }

  async remove(id: string) {
    await this.queue;
    await request(`/v1/conversations/${id}`, { method: "DELETE" });
  }
  async removeAll() {
    await this.queue;
    await request("/v1/conversations", { method: "DELETE" });
  }
  async exported(id?: string): Promise<Blob> {
    await this.queue;
    return (await request(id ? `/v1/conversations/${id}/export` : "/v1/conversations/export")).blob();
  }

  private enqueue(work: () => Promise<unknown>) {
    if (!this.available) return;
    ++this.waiting;
    this.say("saving");
    this.queue = this.queue.then(() => this.untilDone(work)).then(() => {
      if (--this.waiting === 0) this.say(this.refused ? "refused" : "saved", this.refused);
    });
  }

  private async untilDone(work: () => Promise<unknown>) {
    for (;;) {
      try {
        await work();
        return;
      } catch (error) {
        if (error instanceof Unreachable) {
          this.say("away");
          await untilUp();
        } else if (error instanceof ApiError && [429, 503, 507].includes(error.status)) {
          this.say(error.status === 507 ? "full" : "saving", troubleOf(error));
          await pause(Math.max(2, error.retryAfter) * 1000);
        } else {
          this.refused = troubleOf(error); // asking again would not help
          return;
        }
      }
    }
  }

  private say(saving: Saving, trouble?: Trouble) {
    this.saving = saving;
    this.trouble = trouble;
    this.onSaving();
  }
}
