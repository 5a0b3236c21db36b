// The server, as any client sees it: OpenAI's shapes over fetch.
import { remember } from "./dom";

// Where the server is: the folder that this script's "assets" lies in, so that the page works below
// any path that a proxy gives it.
const base = new URL("..", (document.currentScript as HTMLScriptElement).src);
export const at = (path: string) => new URL(path.replace(/^\//, ""), base).href;

// The server said no. What it says is for clients of the API; troubles.ts has it for people.
export class ApiError extends Error {
  constructor(message: string, readonly status: number, readonly what: Refusal = {}) {
    super(message);
  }
  get retryAfter() {
    return this.what.retryAfter ?? 0;
  }
}
export interface Refusal {
  code?: string | null;
  param?: string | null;
  type?: string | null;
  retryAfter?: number;
  requestId?: string;
}
// Nobody answered, or the answer was cut off: the server is away and may come back.
export class Unreachable extends Error {}

const keyStore = {
  get: () => sessionStorage.getItem("tutti.key") ?? remember.get("key") ?? "",
};
export function setKey(key: string, keep: boolean) {
  sessionStorage.setItem("tutti.key", key);
  remember.set("key", keep ? key : "");
}
export const key = () => keyStore.get();

let onKeyWanted: () => Promise<boolean> = async () => false;
export const whenKeyWanted = (ask: () => Promise<boolean>) => (onKeyWanted = ask);

const wasCancelled = (error: unknown) => error instanceof DOMException && error.name === "AbortError";

interface ErrorBody {
  error?: Refusal & { message?: string };
}

// An answer without an error in JSON is not this server's: a proxy speaks for one that is away.
async function failure(response: Response): Promise<Error> {
  const text = await response.text().catch(() => "");
  let error: ErrorBody["error"];
  try {
    error = (JSON.parse(text) as ErrorBody).error;
  } catch {
    // the status line has to do
  }
  const line = `${response.status} ${response.statusText}`;
  if (!error && [502, 503, 504].includes(response.status)) return new Unreachable(line);
  const { code, param, type } = error ?? {};
  const requestId = response.headers.get("x-request-id");
  return new ApiError(error?.message ?? line, response.status, {
    ...(code ? { code } : {}),
    ...(param ? { param } : {}),
    ...(type ? { type } : {}),
    ...(requestId ? { requestId } : {}),
    retryAfter: Number(response.headers.get("retry-after") ?? 0) || 0,
  });
}

export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  for (;;) {
    const headers = new Headers(init.headers);
    if (key()) headers.set("authorization", `Bearer ${key()}`);
    let response: Response;
    try {
      response = await fetch(at(path), { ...init, headers, credentials: "same-origin" });
    } catch (error) {
      if (wasCancelled(error)) throw error;
      throw new Unreachable(String(error));
    }
    if (response.ok) return response;
    if (response.status === 401 && (await onKeyWanted())) continue;
    throw await failure(response);
  }
}

export const post = (path: string, body: unknown, signal?: AbortSignal) =>
  request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });

export async function json<T>(response: Promise<Response>): Promise<T> {
  return (await response).json() as Promise<T>;
}

// The pieces of a body as they arrive. A body that ends early is the server going away.
export async function* pieces(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body!.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (wasCancelled(error)) throw error;
    throw new Unreachable(String(error));
  } finally {
    reader.releaseLock();
  }
}

// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): the data of
// each, parsed. `ends` says whether an event is the last one that the request has to give.
export async function* events<T extends object>(response: Response, ends: (event: T) => boolean): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let begun: string[] = []; // a line whose end has not come; joined once, for a picture has megabytes
  let ended = false;
  for await (const piece of pieces(response)) {
    const lines = decoder.decode(piece, { stream: true }).split("\n");
    begun.push(lines[0]!);
    if (lines.length === 1) continue;
    lines[0] = begun.join("");
    begun = [lines.pop()!];
    for (const line of lines) {
      if (!line.startsWith("data:")) continue;
      const data = line.slice(5).trim();
      if (data === "[DONE]") return;
      const event = JSON.parse(data) as T & ErrorBody;
      if (event.error) {
        const requestId = response.headers.get("x-request-id");
        throw new ApiError(event.error.message ?? "", response.status, { ...event.error, ...(requestId ? { requestId } : {}) });
      }
      ended ||= ends(event);
      yield event as T;
    }
  }
  if (!ended) throw new Unreachable("the answer was cut off");
}

export async function isUp(): Promise<boolean> {
  try {
    return (await fetch(at("/healthz"), { cache: "no-store", credentials: "same-origin" })).ok;
  } catch {
    return false;
  }
}

export const pause = (milliseconds: number, signal?: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new DOMException("cancelled", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
  });

// Asks until the server answers: after 0.3 s, then ever more rarely, every 3 s at last.
export async function untilUp(signal?: AbortSignal) {
  for (let wait = 300; ; wait = Math.min(3000, wait * 1.5)) {
    await pause(wait, signal);
    if (await isUp()) return;
  }
}

let served = "";
export const modelName = () => served;
// Requests name the model that the server has.
export async function learnModel() {
  const { data } = await json<{ data: { id: string }[] }>(request("/v1/models"));
  served = data[0]?.id ?? "";
}
