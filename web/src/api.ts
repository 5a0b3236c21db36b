// The server, as any client sees it: OpenAI's shapes over fetch.
import { remember } from "./dom";

// The server said no; its message names the next step.
export class ApiError extends Error {
  constructor(message: string, readonly status: number, readonly retryAfter = 0) {
    super(message);
  }
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

async function failure(response: Response): Promise<ApiError> {
  const retry = Number(response.headers.get("retry-after") ?? 0);
  let message = `${response.status} ${response.statusText}`;
  try {
    const body = (await response.json()) as { error?: { message?: string } };
    message = body.error?.message ?? message;
  } catch {
    // not JSON: the status line has to do
  }
  return new ApiError(message, response.status, retry);
}

export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  for (;;) {
    const headers = new Headers(init.headers);
    if (key()) headers.set("authorization", `Bearer ${key()}`);
    let response: Response;
    try {
      response = await fetch(path, { ...init, headers, credentials: "omit" });
    } catch (error) {
      if (wasCancelled(error)) throw error;
      throw new Unreachable(String(error));
    }
    if (response.ok) return response;
    if (response.status === 401 && (await onKeyWanted())) continue;
    if (response.status === 502 || response.status === 503) throw new Unreachable(await response.text());
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
      const event = JSON.parse(data) as T & { error?: { message: string } };
      if (event.error) throw new ApiError(event.error.message, response.status);
      ended ||= ends(event);
      yield event as T;
    }
  }
  if (!ended) throw new Unreachable("the answer was cut off");
}

export async function isUp(): Promise<boolean> {
  try {
    return (await fetch("/healthz", { cache: "no-store", credentials: "omit" })).ok;
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
