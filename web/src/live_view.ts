// Live talk on the screen: what is going on in one line, what was said, a meter, two buttons.
import { openDialog } from "./dialog";
import { h, icon } from "./dom";
import { type Word, labelled, t, word } from "./i18n";
import { Live, type LiveState } from "./live";
import { Message, newId } from "./message";
import { troubleText } from "./troubles";

const lines: Record<LiveState, Word> = {
  connecting: "liveConnecting", listening: "liveListening", hearing: "liveHearing", answering: "liveAnswering", away: "liveAway",
};

function spoken(role: "user" | "assistant", text: string): Message {
  const message = new Message(newId("msg"), role);
  message.text = text;
  if (role === "assistant") message.output = "speech";
  return message;
}

// `keep` is given each finished message. Throws what the browser says about the microphone.
export async function talkLive(keep: (message: Message) => void) {
  const state = h("p", { class: "live-state", role: "status" });
  const meter = h("div", { class: "meter", "aria-hidden": "true" }, h("i"), h("i"), h("i"), h("i"));
  const said = h("p", { class: "said mine", dir: "auto" });
  const answer = h("p", { class: "said", dir: "auto" });
  const complaint = h("div", { class: "complaint" });
  let over = false;
  const live = await Live.start({
    state: (now) => {
      if (over) return;
      state.textContent = t(lines[now]);
      meter.dataset.state = now;
    },
    heard: (text) => {
      said.textContent = text;
      answer.textContent = "";
      if (text) keep(spoken("user", text));
    },
    answering: (text) => (answer.textContent = text),
    answered: (text, sound) => {
      const message = spoken("assistant", text);
      if (sound) message.files = [sound];
      keep(message);
    },
    failed: (why) => {
      over = true;
      state.textContent = t("liveMissing");
      state.classList.add("trouble");
      meter.dataset.state = "away";
      complaint.replaceChildren(troubleText(why, "alert"));
    },
    troubled: (why) => complaint.replaceChildren(troubleText(why, "alert")),
  });
  let drawing = 0;
  const draw = () => {
    meter.style.setProperty("--level", String(Math.min(1, live.level * 6)));
    drawing = requestAnimationFrame(draw);
  };
  draw();
  const end = h("button", { type: "button", class: "primary", autofocus: true, onclick: () => dialog.close() }, icon("close"), word("liveEnd"));
  const interrupt = h("button", { type: "button", class: "quiet", onclick: () => live.interrupt() }, icon("stop"), word("liveInterrupt"));
  const content = h("div", { class: "live" }, h("h2", {}, word("liveTitle")), meter, state, complaint, said, answer, h("div", { class: "row spread" }, interrupt, end));
  const dialog = labelled(openDialog(content, "live-dialog"), "liveTitle", false);
  dialog.addEventListener("close", () => {
    cancelAnimationFrame(drawing);
    live.end();
  });
}
