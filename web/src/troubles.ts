// What went wrong, in words for the person at the page, with what to do next; what the server said
// of its API stays at hand below it.
import { ApiError, Unreachable } from "./api";
import { h } from "./dom";
import { type Word, t, translated, word } from "./i18n";

export interface Trouble {
  word: Word;
  values?: Record<string, string | number>;
  detail?: string; // as the server or the browser said it
}

function wordOf({ status, what }: ApiError): Word {
  const { code, param } = what;
  if (code === "context_length_exceeded") return "errorTooLong";
  if (code === "model_not_found") return "errorModel";
  if (status === 401 || status === 403) return "errorKey";
  if (status === 404) return "errorGone";
  if (status === 413) return "errorTooLarge";
  if (status === 408 || status === 504 || code === "timeout") return "errorSlow";
  if (status === 429 || status === 503) return "errorBusy";
  if (status === 507) return "errorFull";
  if (status >= 500 || what.type === "server_error") return "errorServer";
  if (/image|audio|video|file|content\[\d+\]/.test(param ?? "")) return "errorMedia";
  if (/language|seed|steps|guidance|temperature|max_|task/.test(param ?? "")) return "errorSetting";
  return "errorRefused";
}

export function troubleOf(error: unknown): Trouble {
  const said = error instanceof Error ? error.message : String(error);
  if (error instanceof Unreachable) return { word: "errorAway", detail: said };
  if (!(error instanceof ApiError)) return { word: "errorPage", detail: said };
  const { code, param, requestId } = error.what;
  const lines = [said, code && `code: ${code}`, param && `param: ${param}`, `HTTP ${error.status}`, requestId && `x-request-id: ${requestId}`];
  return { word: wordOf(error), detail: lines.filter(Boolean).join("\n") };
}

// Redraws itself when the language changes.
export function troubleText(trouble: Trouble, role: "alert" | "status"): HTMLElement {
  const text = translated(h("p"), (p) => (p.textContent = t(trouble.word, trouble.values)));
  return h("div", { class: "trouble", role }, text,
    !!trouble.detail && h("details", {}, h("summary", {}, word("details")), h("pre", { dir: "auto", lang: "en" }, trouble.detail)));
}
