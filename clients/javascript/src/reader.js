import { Backoff } from "./backoff.js";
import { lost } from "./ending.js";
import { watchPage } from "./page-life.js";
import { ReadCursor } from "./read-cursor.js";
import { ReaderSocket } from "./reader-socket.js";
import { simulatedWebSocket } from "./simulated-network.js";
import { StreamAddress } from "./stream-address.js";
import { StreamError } from "./stream-error.js";

/**
 * @typedef {import("./ending.js").Ending} Ending
 * @typedef {import("./ending.js").Cause} Cause
 * @typedef {import("./read-cursor.js").ReadEvent} ReadEvent
 *
 * `connecting`, then `open`; `waiting` before the next attempt; `closed` for good.
 * @typedef {"connecting" | "open" | "waiting" | "closed"} ReaderStatus
 *
 * Why what was told until now is void and live state comes anew: the position is of another epoch or no longer kept;
 * the reader was too slow and the server skipped what it had missed; the connection was lost amid live state.
 * @typedef {"position_lost" | "skipped" | "interrupted"} ResetReason
 *
 * @typedef {object} ReaderHandlers
 * @property {(event: ReadEvent) => void} [onState] an event that restores the present
 * @property {(position: string, more: { truncated: boolean }) => void} [onLive] live state is complete, events follow;
 * `truncated`: there is more of it than the server keeps
 * @property {(event: ReadEvent) => void} [onEvent] in order, without gap or duplicate
 * @property {(count: number) => void} [onSkipped] so many events were left out; a reset follows
 * @property {(reason: ResetReason) => void} [onReset] forget what was told; live state comes anew
 * @property {(status: ReaderStatus, cause: Cause) => void} [onStatus] the cause is that of the change, `joined` at first
 * @property {(code: number, reason: string) => void} [onClosed] the server ended it for good, by this close code; not
 * called by {@link Reader.close}
 * @property {(error: StreamError) => void} [onError] what went wrong and is mended by itself: `bad_answer`, `token`
 *
 * @typedef {object} ReaderOptions
 * @property {string} [from] `"live"` (default), `"head"`, `"start"`, a position, a time, or `"-5m"`
 * @property {string} [to] where it ends, likewise
 * @property {import("./stream-options.js").Token} [token] a credential
 * @property {import("./transport-websocket.js").SocketConstructor} [WebSocket] in place of the global one
 * @property {import("./simulated-network.js").Simulate} [simulate] a worse network, to try a page on
 * @property {() => number} [random] for the backoff's jitter; 0 ≤ x < 1
 */

/** A connection that held this long was a good one: the next failure is a first one. */
const GOOD_CONNECTION_MS = 5_000;
/** Credentials refused in a row before it is given up. */
const TOKENS_REFUSED_MAX = 2;
/** After these close codes connecting again makes no sense (wire/stadion.md, *Codes*). */
const FINAL = new Set([1008, 1009, 4110, 4111, 4112, 4400, 4409]);
/** The reader has had what it asked for. */
const DONE = 1000;
const NO_CREDENTIAL = 4401;

/**
 * Reads any stream (wire/stadion.md, *Reading*): live state, then events as they come. It connects by itself and
 * resumes after losses behind the last event that it told, until {@link Reader.close} or until the server refuses it
 * for good. Handlers may be given as options or set as fields; they are called from a later turn of the event loop.
 *
 * Outside of browsers a refusal at the upgrade looks like any other failure to connect, and is tried again.
 */
export class Reader {
  /** @type {ReaderHandlers["onState"]} */ onState;
  /** @type {ReaderHandlers["onLive"]} */ onLive;
  /** @type {ReaderHandlers["onEvent"]} */ onEvent;
  /** @type {ReaderHandlers["onSkipped"]} */ onSkipped;
  /** @type {ReaderHandlers["onReset"]} */ onReset;
  /** @type {ReaderHandlers["onStatus"]} */ onStatus;
  /** @type {ReaderHandlers["onClosed"]} */ onClosed;
  /** @type {ReaderHandlers["onError"]} */ onError;
  /** @type {ReaderStatus} */
  status = "connecting";
  #address;
  #options;
  #WebSocket;
  #cursor;
  #backoff;
  /** @type {Cause} why the last connection ended */
  #cause = "joined";
  /** @type {ReaderSocket | undefined} */
  #connection;
  #openSince = 0;
  #tokensRefused = 0;
  #leaving = false;
  #wake = () => {};
  #unwatchPage;

  /**
   * @param {string | undefined} url the server's base, as "http://127.0.0.1:9922"; in a page by default its own
   * @param {string} stream
   * @param {ReaderOptions & ReaderHandlers} [options]
   * @throws {StreamError} `bad_url`, `bad_name`, `no_websocket`
   */
  constructor(url, stream, options = {}) {
    this.#address = new StreamAddress(url ?? globalThis.location?.origin ?? "", stream);
    this.#options = options;
    const { onState, onLive, onEvent, onSkipped, onReset, onStatus, onClosed, onError } = options;
    Object.assign(this, { onState, onLive, onEvent, onSkipped, onReset, onStatus, onClosed, onError });
    const Socket = options.WebSocket ?? globalThis.WebSocket;
    if (!Socket) throw new StreamError("no_websocket", "reading needs a WebSocket; give one by the option WebSocket");
    this.#WebSocket = options.simulate ? simulatedWebSocket(Socket, options.simulate) : Socket;
    this.#cursor = new ReadCursor(options.from ?? "live");
    this.#backoff = new Backoff(options.random);
    this.#unwatchPage = watchPage({
      hide: () => this.#leave(),
      show: () => this.#comeBack(),
      online: () => this.#online(),
    });
    queueMicrotask(() => void this.#run());
  }

  /** `{epoch}:{offset}` of the last event that was told; "" while none is known. As `from` it goes on behind it. */
  get position() {
    return this.#cursor.position;
  }

  /** Ends it for good. */
  close() {
    this.#stop("closed");
  }

  async #run() {
    while (this.status !== "closed") {
      this.#setStatus("connecting");
      const { ending, code } = await this.#connect();
      if (this.#isClosed) return;
      if (!this.#goOnAfter(ending, code)) {
        this.#stop(code === DONE ? "done" : ending.cause);
        this.#call(this.onClosed, code, code === DONE ? "everything that was asked for has come" : ending.message);
        return;
      }
      this.#cause = ending.cause;
      this.#setStatus("waiting");
      if (this.#isClosed) return;
      await this.#pause(this.#backoff.next());
      while (this.#leaving && !this.#isClosed) await this.#pause();
    }
  }

  /** One attempt, and what became of it. */
  async #connect() {
    const { token: given, to } = this.#options;
    let token;
    try {
      token = typeof given === "function" ? await given() : given;
    } catch (error) {
      /** @type {Ending} */
      const ending = { remedy: "retry", cause: "token", message: `no credential: ${error}`, code: "token" };
      return { ending, code: 1006 };
    }
    if (this.#isClosed) return { ending: lost("closed"), code: 1006 };
    if (this.#cursor.begin()) this.#call(this.onReset, "interrupted");
    this.#connection = new ReaderSocket({
      WebSocket: this.#WebSocket,
      url: this.#address.events({ from: this.#cursor.from, to, envelope: 1 }),
      token,
      opened: () => {
        this.#openSince = performance.now();
        this.#setStatus("open");
      },
      receive: (text) => this.#receive(text),
    });
    return this.#connection.ended;
  }

  /**
   * @param {string} text
   * @returns {Ending | undefined} one ends the connection
   */
  #receive(text) {
    let news;
    try {
      news = this.#cursor.take(text);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      // Whatever is missing comes when it resumes.
      return { remedy: "retry", cause: "bad_answer", message: error.message, code: error.code };
    }
    this.#tokensRefused = 0;
    switch (news.kind) {
      case "event":
        return this.#call(this.onEvent, news.event);
      case "state":
        return this.#call(this.onState, news.event);
      case "live":
        return this.#call(this.onLive, this.position, { truncated: news.truncated });
      case "skipped":
        this.#call(this.onSkipped, news.count);
        return this.#call(this.onReset, "skipped");
    }
  }

  /**
   * Prepares the next attempt.
   * @param {Ending} ending
   * @param {number} code
   * @returns {boolean} false when there is to be none
   */
  #goOnAfter(ending, code) {
    if (this.#openSince > 0 && performance.now() - this.#openSince > GOOD_CONNECTION_MS) this.#backoff.reset();
    this.#openSince = 0;
    const { token, to } = this.#options;
    if (code === DONE && to !== undefined) return false;
    if (code === NO_CREDENTIAL) {
      this.#tokensRefused += 1;
      return typeof token === "function" && this.#tokensRefused < TOKENS_REFUSED_MAX;
    }
    if (ending.remedy === "start_over" && !FINAL.has(code)) {
      // An end that was asked for means nothing in another epoch.
      if (to !== undefined) return false;
      this.#cursor.startOver();
      this.#call(this.onReset, "position_lost");
      return true;
    }
    if (FINAL.has(code) && ending.remedy !== "retry") return false;
    if (ending.code) this.#call(this.onError, new StreamError(ending.code, ending.message));
    return true;
  }

  /** The network is there again, perhaps another one: what was open may be dead without a word. */
  #online() {
    this.#connection?.end(lost("the network changed"));
    this.#backoff.reset();
    this.#wake();
  }

  #leave() {
    this.#leaving = true;
    this.#connection?.end(lost("the page was left"));
  }

  #comeBack() {
    this.#leaving = false;
    this.#wake();
  }

  /** @param {Cause} cause */
  #stop(cause) {
    if (this.#isClosed) return;
    this.#setStatus("closed", cause);
    this.#unwatchPage();
    this.#connection?.end(lost("closed"));
    this.#wake();
  }

  get #isClosed() {
    return this.status === "closed";
  }

  /** @param {number} [ms] without it, until it is woken */
  async #pause(ms) {
    await new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
    this.#wake = () => {};
  }

  /**
   * @param {ReaderStatus} status
   * @param {Cause} [cause]
   */
  #setStatus(status, cause = this.#cause) {
    if (this.#isClosed) return;
    this.status = status;
    this.#call(this.onStatus, status, cause);
  }

  /**
   * Calls a handler. What it throws is its own failure and must not end the connection; it surfaces as an uncaught
   * error.
   * @template {unknown[]} A
   * @param {((...args: A) => void) | undefined} handler
   * @param {A} args
   * @returns {undefined}
   */
  #call(handler, ...args) {
    try {
      handler?.apply(this, args);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
