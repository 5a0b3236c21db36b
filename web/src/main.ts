// The studio: one screen, wired together here.
import { learnModel, whenKeyWanted } from "./api";
import { AttentionView } from "./attention";
import { Composer } from "./composer";
import { Controls } from "./panel";
import { Conversation } from "./conversation";
import { askForKey } from "./dialog";
import { h } from "./dom";
import { acceptDrops } from "./drops";
import { language, languageSwitch, setLanguage, t, translated } from "./i18n";
import { Library } from "./library";
import type { Message } from "./message";
import { Shell } from "./shell";
import { Sidebar } from "./sidebar";
import { Status } from "./status";
import { themeSwitch } from "./theme";
import { Thread } from "./thread";
import { troubleOf } from "./troubles";
import { talkLive } from "./live_view";
import { welcome } from "./welcome";

class Studio {
  private readonly library = new Library();
  private readonly sidebar = new Sidebar(this.library);
  private readonly composer = new Composer();
  private readonly controls = new Controls();
  private readonly attention = new AttentionView();
  private readonly scroller = h("div", { class: "scroller" });
  private readonly thread = new Thread(this.library, { explain: (question) => this.explain(question) }, this.scroller);
  private readonly welcome = welcome((output, text) => this.composer.choose(output, text));
  private readonly status = new Status();
  private readonly shell: Shell;
  private readonly open = new Map<string, Conversation>(); // keeps turns running while others are read
  private conversation: Conversation | undefined;

  constructor() {
    this.shell = new Shell({
      sidebar: this.sidebar.element,
      tools: [this.status.element, languageSwitch(), themeSwitch()],
      centre: [this.scroller, this.composer.element],
      controls: this.controls.element,
      attention: this.attention.element,
    });
    this.scroller.append(this.welcome, this.thread.element);
    document.body.append(this.shell.element);
    this.listen();
  }
  private listen() {
    whenKeyWanted(askForKey);
    this.sidebar.onNew = () => this.show(undefined);
    this.sidebar.onOpen = (entry) => void this.show(entry.id);
    this.sidebar.onDeleted = (id) => this.deleted(id);
    this.composer.onSend = (message) => void this.send(message);
    this.composer.onStop = () => this.conversation?.cancel();
    this.composer.onLive = () => void this.live();
    addEventListener("hashchange", () => void this.show(location.hash.slice(1) || undefined));
    addEventListener("keydown", (event) => this.key(event));
    addEventListener("beforeunload", (event) => {
      const { saving } = this.library;
      if (saving !== "saved" && saving !== "off" && saving !== "refused") event.preventDefault();
    });
    acceptDrops((files) => void this.composer.add(files));
  }

  private key(event: KeyboardEvent) {
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && this.conversation?.running) this.conversation.cancel();
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void this.show(undefined);
    }
  }

  // A server that is not ready, or wants another key, is asked again when the person wants it.
  async start() {
    for (;;) {
      await this.status.untilUp();
      try {
        await this.begin();
        return;
      } catch (error) {
        this.composer.trouble(troubleOf(error));
        await this.composer.again();
      }
    }
  }

  private async begin() {
    await learnModel();
    this.composer.trouble();
    this.composer.ready = true;
    this.status.watch();
    this.sidebar.show(await this.library.list(), "");
    await this.show(location.hash.slice(1) || undefined);
  }

  private async show(id: string | undefined) {
    const entry = this.sidebar.entries.find((e) => e.id === id);
    let conversation = entry && this.open.get(entry.id);
    if (entry && !conversation) {
      conversation = new Conversation(entry, this.library);
      try {
        await conversation.load();
      } catch (error) {
        return this.composer.trouble(troubleOf(error));
      }
    }
    this.adopt(conversation);
    if (location.hash.slice(1) !== (entry?.id ?? "")) history.pushState(null, "", entry ? `#${entry.id}` : location.pathname);
    this.shell.closeDrawers();
    this.composer.input.focus();
  }

  private adopt(conversation: Conversation | undefined) {
    this.conversation = conversation;
    if (conversation) {
      this.open.set(conversation.entry.id, conversation);
      conversation.onChange = () => this.draw(conversation);
      conversation.onConnection = (up) => this.status.set(up);
    }
    this.draw(conversation);
  }

  private draw(conversation: Conversation | undefined) {
    if (conversation !== this.conversation) return;
    this.welcome.hidden = !!conversation;
    this.thread.element.hidden = !conversation;
    if (conversation) this.thread.show(conversation);
    this.composer.setRunning(!!conversation?.running);
    this.sidebar.show(this.sidebar.entries, conversation?.entry.id ?? "");
    document.title = conversation?.entry.title ? `${conversation.entry.title} · Tutti` : "Tutti";
  }

  // The open conversation, or a new one that is named after its first message.
  private ensure(first: Message): Conversation {
    if (this.conversation) return this.conversation;
    const entry = this.library.create((first.text || first.files[0]?.name || "").slice(0, 60));
    this.sidebar.entries.push(entry);
    const conversation = new Conversation(entry, this.library, false);
    history.pushState(null, "", `#${entry.id}`);
    this.adopt(conversation);
    return conversation;
  }

  private async send(message: Message) {
    const conversation = this.ensure(message);
    conversation.entry.updated = Date.now() / 1000;
    await conversation.say(message, this.controls.settings);
  }

  private async live() {
    try {
      await talkLive((message) => {
        const conversation = this.ensure(message);
        conversation.add(message);
      });
    } catch (error) {
      this.composer.trouble({ word: "noMicrophone", values: { why: error instanceof Error ? error.message : String(error) } });
    }
  }

  private explain(question: Message) {
    this.shell.showAttention();
    if (this.conversation) void this.attention.show(question, this.conversation.before(question), this.library.file);
  }

  private deleted(id: string | undefined) {
    for (const [key, conversation] of this.open)
      if (id === undefined || id === key) {
        conversation.cancel();
        this.open.delete(key);
      }
    this.sidebar.entries = id === undefined ? [] : this.sidebar.entries.filter((entry) => entry.id !== id);
    if (id === undefined || this.conversation?.entry.id === id) void this.show(undefined);
    else this.draw(this.conversation);
  }
}

setLanguage(language());
document.body.prepend(
  translated(h("a", { class: "skip", href: "#message" }), (link) => (link.textContent = t("skip"))),
);
void new Studio().start();
