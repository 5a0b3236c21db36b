// One conversation: its messages, and the turn that runs in it. A turn survives the server: when the
// connection breaks, it waits until the server is back and asks again with the same seed.
import { ApiError, Unreachable, pause, untilUp } from "./api";
import { ask } from "./ask";
import type { Entry, Library } from "./library";
import { Message, type Settings, newId } from "./message";
import { troubleOf } from "./troubles";

// While an answer grows, how often what is there is kept.
const keepEveryMs = 1000;
// A busy server is asked so often; then the person decides.
const mostBusy = 20;

export class Conversation {
  messages: Message[] = [];
  running: AbortController | undefined;
  onChange: () => void = () => {}; // a message came or a turn began or ended
  onConnection: (up: boolean) => void = () => {};

  constructor(readonly entry: Entry, private readonly library: Library, private readonly isKept = true) {}

  async load() {
    if (this.isKept && this.library.available) this.messages = await this.library.messages(this.entry.id);
  }

  // A message and its answer. Settings travel with the question, so that it can be asked again.
  async say(question: Message, settings: Settings) {
    question.settings = { ...settings };
    if (settings.seed < 0) question.settings.seed = crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1;
    this.messages.push(question);
    this.keep(question);
    await this.answer(question);
  }

  // What was said elsewhere, live.
  add(message: Message) {
    this.messages.push(message);
    this.keep(message);
    this.onChange();
  }

  // The question before an answer, or the question itself.
  questionOf(message: Message): Message | undefined {
    const at = this.messages.indexOf(message);
    return this.messages.slice(0, at + 1).reverse().find((m) => m.role === "user");
  }

  before(question: Message): Message[] {
    return this.messages.slice(0, this.messages.indexOf(question));
  }

  async again(message: Message) {
    const question = this.questionOf(message);
    if (!question || this.running) return;
    await this.answer(question, message.role === "assistant" ? message : undefined);
  }

  cancel() {
    this.running?.abort();
  }

  private keep(message: Message) {
    if (this.library.available) this.library.keep(this.entry.id, message);
  }

  private async answer(question: Message, existing?: Message) {
    const answer = existing ?? new Message(newId("msg"), "assistant");
    answer.output = question.output;
    if (!existing) this.messages.splice(this.messages.indexOf(question) + 1, 0, answer);
    const controller = (this.running = new AbortController());
    this.onChange();
    try {
      await this.untilAnswered(question, answer, controller.signal);
      answer.change({ state: "completed" });
    } catch (error) {
      const cancelled = error instanceof DOMException && error.name === "AbortError";
      answer.change({ state: cancelled ? "incomplete" : "failed", trouble: cancelled ? { word: "stopped" } : troubleOf(error) });
    }
    answer.change({ figures: { ...answer.figures, ...(question.settings.seed === undefined ? {} : { seed: question.settings.seed }) } });
    this.running = undefined;
    this.keep(answer);
    this.onChange();
  }

  private async untilAnswered(question: Message, answer: Message, signal: AbortSignal) {
    for (let busy = 0; ; ) {
      answer.change({ state: "waiting", text: "", files: [], preview: "", trouble: undefined, figures: {} });
      const keeper = setInterval(() => answer.text && this.keep(answer), keepEveryMs);
      try {
        await ask({ question, before: this.before(question), answer, signal, fetchFile: this.library.file });
        return;
      } catch (error) {
        if (error instanceof Unreachable) {
          answer.change({ trouble: { word: "away" } });
          this.onConnection(false);
          await untilUp(signal);
          this.onConnection(true);
        } else if (error instanceof ApiError && [429, 503].includes(error.status) && busy++ < mostBusy) {
          const seconds = Math.max(1, error.retryAfter);
          answer.change({ trouble: { word: "busy", values: { seconds } } });
          await pause(seconds * 1000, signal);
        } else {
          throw error;
        }
      } finally {
        clearInterval(keeper);
      }
    }
  }
}
