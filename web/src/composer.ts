// Where a message is made: words, files, the microphone, and what the answer shall be.
import { h, icon, type Icon, announce } from "./dom";
import { type Word, labelled, t, translated, word } from "./i18n";
import { takePicture } from "./camera";
import { toAttachments } from "./files";
import { kindNames, kinds } from "./kinds";
import { Attachment, Message, type Output, newId } from "./message";
import { Recording } from "./recording";
import { type Trouble, troubleText } from "./troubles";

const placeholders = { text: "placeholder", picture: "placeholderPicture", speech: "placeholderSpeech" } as const;

// What is being written outlives a reload of the page, in this tab alone.
const draft = {
  get: () => sessionStorage.getItem("tutti.draft") ?? "",
  set: (text: string) => sessionStorage.setItem("tutti.draft", text),
};

export class Composer {
  readonly element: HTMLFormElement;
  onSend: (message: Message) => void = () => {};
  onStop: () => void = () => {};
  onLive: () => void = () => {};
  readonly input: HTMLTextAreaElement;
  ready = false; // nothing is sent before the server is known
  private files: Attachment[] = [];
  private running = false;
  private readonly tray = h("ul", { class: "tray" });
  private readonly complaint = h("div", { class: "complaint" });
  private readonly outputs = new Map<Output, HTMLInputElement>();
  private readonly main = h("button", { class: "send", type: "submit" });
  private readonly recording = new Recording((sound) => this.heard(sound), (why) => this.trouble({ word: "noMicrophone", values: { why } }));

  constructor() {
    this.input = labelled(h("textarea", { id: "message", rows: 1, dir: "auto", enterkeyhint: "send" }), "message", false);
    // The button beside it opens it; to everyone else it is not there.
    const chooser = h("input", { type: "file", multiple: true, accept: kindNames.map((kind) => kinds[kind].accept).join(), class: "unseen", tabindex: -1, "aria-hidden": "true" });
    chooser.addEventListener("change", () => {
      void this.add(chooser.files ?? []);
      chooser.value = "";
    });
    const button = (name: Word, drawing: Icon, run: () => void) =>
      labelled(h("button", { type: "button", class: "tool", onclick: run }, icon(drawing)), name);
    this.element = h(
      "form",
      { class: "composer" },
      this.tray,
      this.input,
      h(
        "div",
        { class: "row tools" },
        chooser,
        button("attach", "attach", () => chooser.click()),
        button("camera", "camera", () => void this.shoot()),
        this.recording.button,
        button("live", "live", () => this.onLive()),
        this.outputChoice(),
        this.main,
      ),
      this.complaint,
    );
    translated(this.input, () => this.redraw());
    this.listen();
  }

  get output(): Output {
    for (const [output, radio] of this.outputs) if (radio.checked) return output;
    return "text";
  }

  choose(output: Output, text = "") {
    this.outputs.get(output)!.checked = true;
    this.input.value = text;
    this.redraw();
    this.input.focus();
  }

  setRunning(running: boolean) {
    this.running = running;
    this.redraw();
  }

  async add(files: Iterable<File>) {
    this.trouble();
    this.files.push(...(await toAttachments([...files], (why) => this.trouble(why))));
    this.redraw();
  }

  private outputChoice() {
    const choice = labelled(h("fieldset", { class: "outputs" }), "answerWith", false);
    for (const [output, drawing] of [["text", "text"], ["picture", "picture"], ["speech", "sound"]] as const) {
      const radio = h("input", { type: "radio", name: "output", value: output, class: "unseen", checked: output === "text", onchange: () => this.redraw() });
      this.outputs.set(output, radio);
      choice.append(h("label", {}, radio, icon(drawing), h("span", {}, word(output))));
    }
    return choice;
  }

  private listen() {
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.running) this.onStop();
      else this.send();
    });
    this.input.value = draft.get();
    this.input.addEventListener("input", () => {
      draft.set(this.input.value);
      this.redraw();
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (!this.running) this.send();
    });
    this.input.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      void this.add(files);
    });
  }

  private send() {
    const text = this.input.value.trim(); // a byte-order mark is a blank too
    if (!this.ready || (!text && this.files.length === 0)) return;
    const message = new Message(newId("msg"), "user");
    message.text = text;
    message.files = this.files;
    message.output = this.output;
    this.files = [];
    this.input.value = "";
    draft.set("");
    this.trouble();
    this.redraw();
    this.onSend(message);
  }

  // What was said goes at once, unless something is still being written, or answered.
  private heard(sound: Attachment) {
    const alone = this.input.value.trim() === "" && !this.running;
    this.files.push(sound);
    this.redraw();
    if (alone) this.send();
  }

  private async shoot() {
    try {
      const picture = await takePicture();
      if (picture) this.files.push(picture);
      this.redraw();
      this.input.focus();
    } catch (error) {
      this.trouble({ word: "noCamera", values: { why: error instanceof Error ? error.message : String(error) } });
    }
  }

  // Below the message, which stays as it is.
  trouble(trouble?: Trouble) {
    this.complaint.replaceChildren(...(trouble ? [troubleText(trouble, "alert")] : []));
  }

  // Resolves when the person asks for another try.
  again(): Promise<void> {
    return new Promise((resolve) => this.complaint.append(
      h("button", { type: "button", class: "primary", onclick: () => resolve() }, word("tryAgain"))));
  }

  private redraw() {
    this.input.placeholder = t(placeholders[this.output]);
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 220)}px`;
    this.tray.replaceChildren(...this.files.map((file) => this.chip(file)));
    this.tray.hidden = this.files.length === 0;
    const name = this.running ? "stop" : "send";
    this.main.replaceChildren(icon(name));
    this.main.setAttribute("aria-label", t(name));
    this.main.title = t(name);
    this.main.classList.toggle("stop", this.running);
    this.main.disabled = !this.running && !this.input.value.trim() && this.files.length === 0;
  }

  private chip(file: Attachment) {
    const { thumbnail, icon: drawn } = kinds[file.kind];
    const drawing = thumbnail ? h("img", { alt: "" }) : icon(drawn);
    if (drawing instanceof HTMLImageElement) void file.url(() => Promise.reject(new Error())).then((url) => (drawing.src = url));
    const name = t("removeFile", { name: file.name });
    return h("li", { class: "chip" }, drawing, h("span", {}, file.name), h("button", {
      type: "button", "aria-label": name, title: name, onclick: () => {
        this.files = this.files.filter((other) => other !== file);
        this.redraw();
        announce(name);
        this.input.focus();
      },
    }, icon("close")));
  }
}
