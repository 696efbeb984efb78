// A small server that speaks the basics of wire/event-stream.md, and fails on command.

import { createServer } from "node:http";
import { randomBytes } from "node:crypto";
import { WebSocketServer } from "ws";

/**
 * @typedef {{ T: number, Type: string, Origin: string, Body: string }} LogEvent
 * @typedef {{ publicId: string, seq: number, socket?: import("ws").WebSocket, state?: any }} Client
 * @typedef {{ socket: import("ws").WebSocket, cursor: number, client: Client | undefined, first: boolean, every: number }} Reader
 */

/** One life of a stream. */
class Life {
  epoch = randomBytes(9).toString("base64url");
  started = performance.now();
  announced = 0;
  /** @type {LogEvent[]} */
  log = [];
  /** @type {Map<string, Client>} */
  clients = new Map();
  /** @type {Set<Reader>} */
  readers = new Set();

  /** @param {string} id */
  meet(id) {
    let client = this.clients.get(id);
    if (!client) {
      client = { publicId: String(this.clients.size + 1), seq: 0 };
      this.clients.set(id, client);
      if (this.log.length === 0) this.append("_a", "_", "4711");
      this.append("_c", "_", client.publicId);
    }
    return client;
  }

  /** @param {string} Type @param {string} Origin @param {string} Body */
  append(Type, Origin, Body) {
    this.log.push({ T: this.announced + 1, Type, Origin, Body });
  }
}

export class FakeServer {
  tickMs = 10;
  answerEventsMax = Infinity;
  /** Upgrades are refused with this HTTP status. @type {number | undefined} */
  refuseUpgrades;
  /** How many of the next POSTs are carried out and then not answered. */
  loseAnswers = 0;
  /** How many of the next pushed messages are carried out, whereupon the socket dies. */
  loseMessages = 0;
  /** Types of events that are refused. @type {Set<string>} */
  refusedTypes = new Set();
  /** Longer messages are refused. */
  bytesMax = Infinity;
  /** Credentials that are taken; undefined: no credential is needed. @type {Set<string> | undefined} */
  tokens;
  requests = { posts: 0, upgrades: 0, frames: 0 };
  /** @type {Map<string, Life>} */
  streams = new Map();
  #http = createServer((request, response) => this.#post(request, response));
  #sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
  #timer;

  constructor() {
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#timer = setInterval(() => this.#push(), this.tickMs);
  }

  /** @returns {Promise<string>} its address */
  async listen() {
    await new Promise((resolve) => this.#http.listen(0, "127.0.0.1", () => resolve(undefined)));
    const address = /** @type {import("node:net").AddressInfo} */ (this.#http.address());
    return `http://127.0.0.1:${address.port}`;
  }

  async close() {
    clearInterval(this.#timer);
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** @param {string} name */
  life(name) {
    const life = this.streams.get(name);
    if (!life) throw new Error(`no stream ${name}`);
    return life;
  }

  /** Cuts every connection without a word. */
  cut() {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
  }

  /** @param {number} code @param {string} [reason] */
  closeSockets(code, reason) {
    for (const socket of this.#sockets.clients) socket.close(code, reason);
  }

  /** The stream's life ends; the next sync begins another. @param {string} name */
  forget(name) {
    const life = this.life(name);
    this.streams.delete(name);
    for (const { socket } of life.readers) socket.close(4010, "epoch_changed");
  }

  /** @param {import("node:http").IncomingMessage} request */
  #authorized(request) {
    const protocol = request.headers["sec-websocket-protocol"]?.replace(/^stadion\.token\./, "");
    const token = request.headers.authorization?.replace(/^Bearer /, "") ?? protocol;
    return this.tokens === undefined || this.tokens.has(token ?? "");
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async #post(request, response) {
    this.requests.posts += 1;
    let text = "";
    for await (const chunk of request) text += chunk;
    if (text.length > this.bytesMax) {
      response.writeHead(413).end(JSON.stringify(refusal("too_big")));
      return;
    }
    const [, name = "", id = "", tick = ""] = decodePath(request.url ?? "");
    const [status, answer] = this.#authorized(request)
      ? this.#sync(name, id, Number(tick), JSON.parse(text))
      : [401, refusal("unauthorized")];
    if (this.loseAnswers > 0) {
      this.loseAnswers -= 1;
      request.socket.destroy();
      return;
    }
    response.writeHead(status, { "Content-Type": "text/plain" }).end(JSON.stringify(answer));
  }

  /**
   * @param {string} name
   * @param {string} id
   * @param {number} tick
   * @param {any} body
   * @returns {[number, object]}
   */
  #sync(name, id, tick, body) {
    let life = this.streams.get(name);
    if (body.Epoch && body.Epoch !== life?.epoch) {
      return [409, { ...refusal("epoch_changed"), Epoch: life?.epoch ?? "" }];
    }
    if (!life) this.streams.set(name, (life = new Life()));
    const client = life.meet(id);
    const error = this.#write(life, client, body);
    if (error) return [error.error.code === "bad_request" ? 400 : 409, error];
    this.#announce(life);
    const asked = { cursor: tick, client, first: body.Epoch !== undefined };
    const { T, ...answer } = this.#answer(life, asked);
    return [200, { T, ...answer, ...(body.Seq === undefined ? {} : { Seq: client.seq }) }];
  }

  /** @param {Life} life @param {Client} client @param {any} body */
  #write(life, client, body) {
    const events = body.Events ?? [];
    if (events.some((/** @type {any} */ { Type }) => this.refusedTypes.has(Type))) return refusal("bad_request");
    const skip = body.Seq === undefined ? 0 : Math.min(events.length, client.seq - (body.Seq - events.length));
    if (skip < 0 && events.length > 0) return { ...refusal("seq_gap"), Seq: client.seq };
    for (const { Type, Body } of events.slice(skip)) life.append(Type, client.publicId, Body);
    if (body.Seq !== undefined && events.length > skip) client.seq = body.Seq;
    if (body.State) client.state = { T: life.announced + 1, Origin: client.publicId, Data: body.State };
    return undefined;
  }

  /** @param {Life} life */
  #announce(life) {
    life.announced = Math.max(life.announced, Math.floor((performance.now() - life.started) / this.tickMs));
  }

  /** @param {Life} life @param {{ cursor: number, client: Client | undefined, first: boolean }} asked */
  #answer(life, { cursor, client, first }) {
    const due = life.log.filter(({ T }) => T > cursor && T <= life.announced);
    const beyond = due[this.answerEventsMax];
    const T = beyond ? beyond.T - 1 : life.announced;
    return {
      T,
      Events: due.filter((event) => event.T <= T),
      States: [...life.clients.values()].flatMap(({ state }) => (state ? [state] : [])),
      ProxyId: client?.publicId ?? "",
      ...(first ? { Epoch: life.epoch, ...(client ? { Seq: client.seq } : {}) } : {}),
    };
  }

  /**
   * @param {import("node:http").IncomingMessage} request
   * @param {import("node:stream").Duplex} raw
   * @param {Buffer} head
   */
  #upgrade(request, raw, head) {
    this.requests.upgrades += 1;
    if (this.refuseUpgrades) {
      raw.end(`HTTP/1.1 ${this.refuseUpgrades} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(request, raw, head, (socket) => {
      if (!this.#authorized(request)) return socket.close(4401, "unauthorized");
      const [, name = "", id = "", tick = ""] = decodePath(request.url ?? "");
      const query = new URL(request.url ?? "", "http://x").searchParams;
      let life = this.streams.get(name);
      const epoch = query.get("epoch");
      const watch = query.get("watch") === "1";
      if ((epoch && epoch !== life?.epoch) || (watch && !life)) return socket.close(4010, "epoch_changed");
      if (!life) this.streams.set(name, (life = new Life()));
      const client = watch ? undefined : life.meet(id);
      client?.socket?.close(4111, "replaced");
      if (client) client.socket = socket;
      this.#read(life, { socket, cursor: Number(tick), client, first: true, every: Number(query.get("every") ?? 1) });
    });
  }

  /** @param {Life} life @param {Reader} reader */
  #read(life, reader) {
    const { socket, client } = reader;
    life.readers.add(reader);
    socket.on("close", () => {
      life.readers.delete(reader);
      if (client?.socket === socket) delete client.socket;
    });
    socket.on("message", (data) => {
      this.requests.frames += 1;
      if (!client) return;
      if (String(data).length > this.bytesMax) return socket.close(1009);
      const error = this.#write(life, client, JSON.parse(String(data)));
      if (error) socket.send(JSON.stringify(error));
      if (this.loseMessages > 0) {
        this.loseMessages -= 1;
        socket.terminate();
      }
    });
  }

  #push() {
    for (const life of this.streams.values()) {
      const before = life.announced;
      this.#announce(life);
      if (life.announced === before) continue;
      for (const reader of life.readers) {
        if (!reader.first && life.announced % reader.every !== 0) continue;
        const answer = this.#answer(life, reader);
        const seq = reader.client ? { Seq: reader.client.seq } : {};
        reader.cursor = answer.T;
        reader.first = false;
        reader.socket.send(JSON.stringify({ ...answer, ...seq }));
      }
    }
  }
}

/** @param {string} code */
function refusal(code) {
  return { error: { code, message: `fake: ${code}` } };
}

/** @param {string} url */
function decodePath(url) {
  const path = url.replace(/\?.*/, "").replace(/^\/v1\/lockstep/, "");
  return path.split("/").map(decodeURIComponent);
}
