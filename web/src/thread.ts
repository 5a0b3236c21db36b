// The messages of a conversation. Each view redraws itself when its message changes; text is only
// ever added as text.
import type { Conversation } from "./conversation";
import { announce, h, icon, type Icon } from "./dom";
import { type Word, labelled, language, t, translated, word } from "./i18n";
import type { Library } from "./library";
import { media, saveBlob } from "./media";
import type { Attachment, Message } from "./message";
import { type Trouble, troubleText } from "./troubles";

const number = (value: number, digits = 0) =>
  value.toLocaleString(language(), { maximumFractionDigits: digits, minimumFractionDigits: digits });

// "first 38 ms · 0.4 s · 61 tokens/s · seed 7"
function readout({ figures }: Message): string {
  const parts: string[] = [];
  if (figures.firstMs) parts.push(t("first", { ms: number(figures.firstMs) }));
  if (figures.totalMs) parts.push(t("total", { s: number(figures.totalMs / 1000, 1) }));
  if (figures.tokens) parts.push(t("tokens", { n: number(figures.tokens) }));
  // Of all the time that it took: how pieces arrive says little about when they were made.
  if (figures.tokens && figures.tokens > 1 && figures.totalMs)
    parts.push(t("rate", { n: number((figures.tokens * 1000) / figures.totalMs) }));
  if (figures.audioSeconds && figures.totalMs)
    parts.push(t("faster", { n: number((figures.audioSeconds * 1000) / figures.totalMs, 1) }));
  if (figures.seed !== undefined) parts.push(t("seedUsed", { n: String(figures.seed) }));
  return parts.join(" · ");
}

const waitingWord = { text: "thinking", picture: "drawing", speech: "preparing" } as const;
const doneWord = { text: "answered", picture: "drawn", speech: "spoken" } as const;

export interface ThreadActions {
  explain: (question: Message) => void;
}

class MessageView {
  readonly element: HTMLElement;
  private readonly body = h("div", { class: "body" });
  private readonly notes = h("p", { class: "readout" });
  private readonly actions = h("div", { class: "actions" });
  private readonly shown = new Map<Attachment, HTMLElement>();
  private text = document.createTextNode("");
  private before = "";
  private trouble: Trouble | undefined;
  private complaint: HTMLElement | undefined;

  constructor(
    private readonly message: Message,
    private readonly conversation: Conversation,
    private readonly library: Library,
    private readonly does: ThreadActions,
  ) {
    const mine = message.role === "user";
    const name = h("h3", { class: mine ? "unseen" : "who" }, word(mine ? "you" : "tutti"));
    this.element = h("article", { class: `message ${message.role}` }, name, this.body, h("footer", {}, this.notes, this.actions));
    message.onChange = () => this.draw();
    translated(this.element, () => this.draw());
  }

  draw() {
    const { message } = this;
    const open = message.state === "running" || message.state === "waiting";
    this.element.setAttribute("aria-busy", String(open));
    this.element.dataset.state = message.state;
    this.drawBody(open);
    this.notes.textContent = open ? "" : readout(message);
    if (message.state !== this.before) this.drawActions();
    if (this.before !== message.state && this.before && message.state === "completed")
      announce(t(doneWord[message.output], { text: message.text }));
    this.before = message.state;
  }

  private drawBody(open: boolean) {
    const { message } = this;
    const children: Node[] = message.files.map((file) => this.frame(file));
    if (message.preview) children.push(h("div", { class: "media image drawing" }, h("img", { src: message.preview, alt: t("drawing") })));
    if (message.text) {
      this.text.data = message.text;
      const last = this.body.querySelector("p.text");
      children.push(last?.contains(this.text) ? last : h("p", { class: "text", dir: "auto" }, this.text));
    } else if (open && !message.preview) {
      children.push(h("p", { class: "waiting" }, h("span", { class: "pulse", "aria-hidden": "true" }), t(waitingWord[message.output])));
    }
    const trouble = message.trouble ?? (message.state === "incomplete" ? { word: "interrupted" as const } : undefined);
    if (trouble !== this.trouble) {
      this.trouble = trouble;
      this.complaint = trouble && troubleText(trouble, message.state === "failed" ? "alert" : "status");
    }
    if (this.complaint) children.push(this.complaint);
    this.body.replaceChildren(...children);
  }

  private frame(file: Attachment): HTMLElement {
    let frame = this.shown.get(file);
    if (!frame) this.shown.set(file, (frame = media(file, this.library, this.message.text || file.name)));
    return frame;
  }

  private button(name: Word, drawing: Icon, run: () => void) {
    return labelled(h("button", { type: "button", class: "quiet tiny", onclick: run }, icon(drawing), word(name)), name, false);
  }

  private drawActions() {
    const { message, conversation } = this;
    const buttons: HTMLElement[] = [];
    const open = message.state === "running" || message.state === "waiting";
    if (message.role === "assistant" && !open) {
      const question = conversation.questionOf(message);
      if (question) buttons.push(this.button("again", "repeat", () => void conversation.again(message)));
      if (message.text && message.output === "text")
        buttons.push(this.button("copy", "copy", () => void navigator.clipboard.writeText(message.text).then(() => announce(t("copied")))));
      for (const file of message.files)
        buttons.push(this.button("save", "download", () => void file.blob(this.library.file).then((blob) => saveBlob(blob, file.name))));
      if (question && message.output === "text" && message.state === "completed")
        buttons.push(this.button("attention", "attention", () => this.does.explain(question)));
    }
    this.actions.replaceChildren(...buttons);
  }
}

export class Thread {
  readonly element = labelled(h("section", { class: "thread", tabindex: -1 }), "thread", false);
  private views = new Map<Message, MessageView>();
  private conversation: Conversation | undefined;

  constructor(private readonly library: Library, private readonly does: ThreadActions, private readonly scroller: HTMLElement) {
    // Follow what grows, unless the person has scrolled up to read.
    new ResizeObserver(() => {
      if (this.following) this.scroller.scrollTop = this.scroller.scrollHeight;
    }).observe(this.element);
    scroller.addEventListener("scroll", () => {
      this.following = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
    });
  }
  private following = true;

  show(conversation: Conversation) {
    if (conversation !== this.conversation) {
      this.views.clear();
      this.following = true;
    }
    this.conversation = conversation;
    const articles = conversation.messages.map((message) => {
      let view = this.views.get(message);
      if (!view) this.views.set(message, (view = new MessageView(message, conversation, this.library, this.does)));
      return view.element as HTMLElement;
    });
    const last = conversation.messages.at(-1);
    if (last?.role === "user" && !conversation.running)
      articles.push(h("p", { class: "unanswered" }, word("unanswered"),
        h("button", { type: "button", class: "primary", onclick: () => void conversation.again(last) }, word("answerNow"))));
    this.element.replaceChildren(...articles);
  }
}
