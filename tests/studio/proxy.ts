// A proxy that serves the studio below a path, as people put it behind their own server.
import { type IncomingMessage, type Server as HttpServer, createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";

export class Proxy {
  url = ""; // with the path, without a slash behind it
  readonly stray: string[] = []; // what was asked for outside of the path
  private server: HttpServer | undefined;

  constructor(private readonly target: string, private readonly path: string) {}

  async start() {
    const target = new URL(this.target);
    const inside = (incoming: IncomingMessage) => {
      const url = incoming.url ?? "";
      if (url.startsWith(`${this.path}/`)) return url.slice(this.path.length);
      this.stray.push(url);
      return undefined;
    };
    const headers = (incoming: IncomingMessage) => ({ ...incoming.headers, host: target.host, origin: undefined });
    const server = (this.server = createServer((incoming, answer) => {
      const path = inside(incoming);
      if (path === undefined) return void answer.writeHead(404).end();
      const onward = request(
        { host: target.hostname, port: target.port, method: incoming.method, path, headers: clean(headers(incoming)) },
        (reply) => {
          answer.writeHead(reply.statusCode ?? 502, reply.headers);
          reply.pipe(answer);
        },
      );
      onward.on("error", () => answer.writeHead(502).end("<h1>Bad gateway</h1>"));
      answer.on("close", () => onward.destroy());
      incoming.pipe(onward);
    }));
    server.on("upgrade", (incoming, socket) => {
      const path = inside(incoming);
      if (path === undefined) return void socket.destroy();
      const onward = connect(Number(target.port), target.hostname, () => {
        const lines = Object.entries(clean(headers(incoming))).map(([name, value]) => `${name}: ${String(value)}`);
        onward.write([`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
        onward.pipe(socket).pipe(onward);
      });
      for (const end of [onward, socket]) end.on("error", () => (onward.destroy(), socket.destroy()));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${this.path}`;
  }

  end() {
    this.server?.closeAllConnections();
    this.server?.close();
  }
}

const clean = (headers: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<string, string>;
