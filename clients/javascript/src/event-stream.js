import { Backoff } from "./backoff.js";
import { checkAnswer, decodeAnswer } from "./decode-answer.js";
import { endingOfError, lost } from "./ending.js";
import { Identity } from "./identity.js";
import { watchPage } from "./page-life.js";
import { Progress } from "./progress.js";
import { simulatedFetch, simulatedWebSocket } from "./simulated-network.js";
import { StreamAddress } from "./stream-address.js";
import { StreamError } from "./stream-error.js";
import { PollConnection } from "./transport-poll.js";
import { SocketConnection } from "./transport-websocket.js";

/**
 * @typedef {import("./answer.js").Answer} Answer
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {import("./ending.js").Ending} Ending
 * @typedef {import("./ending.js").Cause} Cause
 * @typedef {import("./stream-options.js").Handlers} Handlers
 * @typedef {import("./stream-options.js").StreamOptions} StreamOptions
 * @typedef {import("./stream-options.js").Status} Status
 */

const SILENCE_MS = 10_000;
/** No stream ticks more slowly than this; every n-th tick is pushed at least that often. */
const SLOW_TICK_MS = 1_000;
const POLL_TIMEOUT_MS = 10_000;
const RETRY_SOCKET_MAX_MS = 60_000;
/** A connection that held this long was a good one: the next failure is a first one. */
const GOOD_CONNECTION_MS = 5_000;
/** Credentials refused in a row before it is given up. */
const TOKENS_REFUSED_MAX = 2;

/**
 * A lockstep stream as one client sees it (wire/event-stream.md): answers come down in order, without a gap and
 * none twice, whatever happens to connections; events go up exactly once.
 *
 * It connects by itself, by WebSocket or else by polling, and goes on after losses until {@link EventStream.close}
 * or until the server refuses it for good. Handlers may be given as options or set as fields; they are called from
 * a later turn of the event loop, never from inside the constructor or a method (but for `close`, and for a `send`
 * that fails).
 */
export class EventStream {
  /** @type {Handlers["onAnswer"]} */ onAnswer;
  /** @type {Handlers["onReset"]} */ onReset;
  /** @type {Handlers["onStatus"]} */ onStatus;
  /** @type {Handlers["onError"]} */ onError;
  /** @type {Status} */
  status = "connecting";
  #address;
  #options;
  #watching;
  #progress;
  /** @type {Cause} why the last connection ended */
  #cause = "joined";
  #backoff;
  #WebSocket;
  #fetch;
  /** @type {Connection | undefined} whose answers count */
  #active;
  #activeSince = 0;
  /** @type {Set<Connection>} */
  #connections = new Set();
  #tokensRefused = 0;
  #leaving = false;
  #flushing = false;
  #wake = () => {};
  #unwatchPage;

  /**
   * @param {string | undefined} url the server's base, as "http://127.0.0.1:9922"; in a page by default its own
   * @param {string} stream
   * @param {StreamOptions & Handlers & { watch?: boolean }} [options]
   * @throws {StreamError} `bad_url`, `bad_name`, `no_websocket` (a spectator needs one)
   */
  constructor(url, stream, options = {}) {
    this.#address = new StreamAddress(url ?? globalThis.location?.origin ?? "", stream);
    this.#options = options;
    this.#watching = options.watch === true;
    const { onAnswer, onReset, onStatus, onError, simulate } = options;
    Object.assign(this, { onAnswer, onReset, onStatus, onError });
    const Socket = options.WebSocket === undefined ? globalThis.WebSocket : options.WebSocket;
    const fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.#WebSocket = Socket && simulate ? simulatedWebSocket(Socket, simulate) : Socket;
    this.#fetch = simulate ? simulatedFetch(fetch, simulate) : fetch;
    if (this.#watching && !this.#WebSocket) {
      throw new StreamError("no_websocket", "watching needs a WebSocket; give one by the option WebSocket");
    }
    this.#progress = new Progress(
      this.#watching
        ? new Identity("", { id: "-" }, null)
        : new Identity(this.#address.key, options.identity, options.storage),
    );
    this.#backoff = new Backoff(options.random);
    this.#unwatchPage = watchPage({
      hide: () => this.#leave(),
      show: () => this.#comeBack(),
      online: () => this.#wake(),
    });
    queueMicrotask(() => void this.#run());
  }

  /**
   * Watches a stream without taking part: no events, no state, nothing upward. One that does not exist yet is
   * waited for.
   * @param {string | undefined} url
   * @param {string} stream
   * @param {StreamOptions & Handlers} [options]
   * @returns {EventStream}
   */
  static watch(url, stream, options = {}) {
    return new EventStream(url, stream, { ...options, watch: true });
  }

  /** The identity of the stream's present life; "" while it is not known. */
  get epoch() {
    return this.#progress.epoch;
  }

  /** The caller's name in the stream's events, as `"1"`; "" before the first answer and for a spectator. */
  get publicId() {
    return this.#progress.publicId;
  }

  /** No tick after this one was handed out. */
  get lastKnownTick() {
    return this.#progress.lastKnownTick;
  }

  /**
   * Smoothed milliseconds from sending an event until the server confirms it, the wait for the next tick
   * included; while polling, of a poll. Undefined before the first.
   * @returns {number | undefined}
   */
  get pingMs() {
    return this.#progress.upward.pingMs;
  }

  /** Events that were sent and are not confirmed. */
  get unconfirmed() {
    return this.#progress.identity.outbox.length;
  }

  /**
   * Sends an event, exactly once: it is kept until the server confirms it, over lost connections and over a reload
   * of the page. It takes effect when it comes back in an answer. Given up (and said) are only what the server
   * refuses, and what is unconfirmed when the epoch changes or this client is replaced.
   * @param {string} type not beginning with "_"
   * @param {string} [body]
   * @returns {boolean} false when the outbox is full, after minutes without a connection
   * @throws {StreamError} `bad_event`, `closed`, `spectator`
   */
  send(type, body = "") {
    this.#checkOpen();
    if (typeof type !== "string" || typeof body !== "string" || type.startsWith("_")) {
      throw new StreamError("bad_event", 'an event has two strings, and its type does not begin with "_"');
    }
    if (!isWellFormed(type) || !isWellFormed(body)) {
      throw new StreamError("bad_event", "an event's strings must be well-formed Unicode");
    }
    if (!this.#progress.identity.outbox.push({ type, body })) {
      this.#report("outbox_full", "too many events are unconfirmed; this one is not sent");
      return false;
    }
    this.#progress.identity.save();
    this.#flushSoon();
    return true;
  }

  /**
   * Replaces this client's volatile state, which the others see in `States`; no part of the simulation.
   * @param {Record<string, string>} state
   */
  setState(state) {
    this.#checkOpen();
    this.#progress.upward.setState({ ...state });
    this.#flushSoon();
  }

  /**
   * Tells the hash of the simulation after tick `t`, for desync detection; only the latest goes out.
   * @param {number} t
   * @param {string} hex
   */
  reportHash(t, hex) {
    if (this.status === "closed" || this.#watching) return;
    this.#progress.upward.setHash(t, hex);
    this.#flushSoon();
  }

  /** Ends it for good. What is unconfirmed stays in storage for the next one of the same identity. */
  close() {
    this.#stop({ remedy: "stop", cause: "closed", message: "closed by its owner" });
  }

  async #run() {
    while (this.status !== "closed") {
      this.#setStatus("connecting");
      const ending = await this.#connect();
      if (/** @type {Status} */ (this.status) === "closed") return;
      if (!this.#goOnAfter(ending)) return this.#stop(ending);
      this.#cause = ending.cause;
      this.#setStatus("waiting");
      await this.#pause(this.#backoff.next());
      while (this.#leaving) await this.#pause();
    }
  }

  /**
   * One attempt, and what became of it: by WebSocket, and by polling if that does not come about.
   * @returns {Promise<Ending>}
   */
  async #connect() {
    const { token: given } = this.#options;
    let token;
    try {
      token = typeof given === "function" ? await given() : given;
    } catch (error) {
      return { remedy: "retry", cause: "token", message: `no credential: ${error}`, code: "token" };
    }
    if (/** @type {Status} */ (this.status) === "closed") return closed();
    if (this.#WebSocket) {
      const socket = this.#openSocket(this.#WebSocket, token);
      const ready = await socket.ready;
      if (ready || socket.accepted || this.#watching || this.#leaving) return socket.ended;
    }
    return this.#poll(token);
  }

  /**
   * @param {NonNullable<StreamOptions["WebSocket"]>} WebSocket
   * @param {string} [token]
   */
  #openSocket(WebSocket, token) {
    const { every, delayMs = 0, firstAnswerMs = 5_000 } = this.#options;
    const delay = delayMs > 0 ? `${delayMs}ms` : "";
    const query = { ...(this.#watching ? { watch: 1, delay } : {}), epoch: this.#progress.epoch, every };
    const connection = new SocketConnection({
      WebSocket,
      url: this.#address.socket(this.#progress.identity.id, this.lastKnownTick, query),
      token,
      cursor: this.lastKnownTick,
      epoch: this.#progress.epoch,
      firstAnswerMs,
      silenceMs: SILENCE_MS + delayMs + (every ?? 1) * SLOW_TICK_MS,
      receive: (from, text) => this.#receive(from, text),
    });
    return this.#track(connection);
  }

  /**
   * Polls, and now and then tries whether a WebSocket comes about by now.
   * @param {string} [token]
   * @returns {Promise<Ending>}
   */
  async #poll(token) {
    const { pollMs = 200, retrySocketMs = 10_000 } = this.#options;
    const polling = this.#track(new PollConnection({
      fetch: this.#fetch,
      token,
      epoch: this.#progress.epoch,
      pollMs,
      timeoutMs: POLL_TIMEOUT_MS,
      request: (from) => this.#pollRequest(from),
      receive: (from, text) => this.#receive(from, text),
      refused: (from, ending) => this.#pollRefused(from, ending),
      lost: () => this.#progress.upward.rewind(),
      measured: (ms) => this.#progress.upward.measured(ms),
    }));
    if (!this.#WebSocket || !(await polling.ready)) return polling.ended;
    for (let wait = retrySocketMs; ; wait = Math.min(2 * wait, RETRY_SOCKET_MAX_MS)) {
      const ended = await within(wait, polling.ended);
      if (ended) return ended;
      const socket = this.#openSocket(this.#WebSocket, token);
      const ready = await Promise.race([socket.ready, polling.ended.then(() => false)]);
      if (ready) {
        polling.end(closed());
        return socket.ended;
      }
      socket.end(closed());
    }
  }

  /** @param {PollConnection} polling */
  #pollRequest(polling) {
    const message = polling.first ? { Seq: this.#progress.identity.outbox.written } : this.#progress.upward.take();
    return {
      url: this.#address.poll(this.#progress.identity.id, this.lastKnownTick),
      cursor: this.lastKnownTick,
      body: { ...(message ?? this.#progress.upward.idle()), Epoch: this.#progress.epoch },
    };
  }

  /**
   * @param {PollConnection} polling
   * @param {Ending} ending
   * @returns {Ending | undefined}
   */
  #pollRefused(polling, ending) {
    if (ending.remedy !== "isolate") return ending;
    if (polling.first || !this.#takeOut(ending)) return { ...ending, remedy: "stop", cause: "bad_request" };
    this.#progress.upward.rewind();
    return undefined;
  }

  /**
   * What any connection brings passes through here.
   * @param {Connection} connection
   * @param {string} text
   * @returns {Ending | undefined} one ends the connection
   */
  #receive(connection, text) {
    try {
      const answer = decodeAnswer(text);
      if ("error" in answer) return this.#refused(connection, answer.error);
      checkAnswer(answer, connection.cursor);
      if (connection.first) this.#begin(connection, answer);
      if (connection !== this.#active) return undefined;
      connection.cursor = answer.T;
      const ending = this.#progress.acknowledge(answer);
      if (ending) return ending;
      const news = this.#progress.advance(answer);
      if (news) this.#call(this.onAnswer, news);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      return { remedy: "retry", cause: "bad_answer", message: error.message, code: error.code };
    }
    this.#flush();
    return undefined;
  }

  /**
   * From its first answer on a connection is the one that counts.
   * @param {Connection} connection
   * @param {Answer} answer
   */
  #begin(connection, answer) {
    const reset = this.#progress.begin(connection.epoch, answer);
    connection.first = false;
    this.#active = connection;
    this.#activeSince = performance.now();
    this.#tokensRefused = 0;
    this.#setStatus(connection.status);
    if (reset) this.#call(this.onReset, reset);
  }

  /**
   * An error message on the open socket.
   * @param {Connection} connection
   * @param {{ code: string, message: string }} error
   * @returns {Ending | undefined}
   */
  #refused(connection, { code, message }) {
    const ending = endingOfError(code, message);
    if (ending.remedy !== "isolate") return ending;
    if (connection.first || this.#takeOut(ending) !== "found") return { ...ending, remedy: "retry" };
    this.#flush();
    return undefined;
  }

  /**
   * Takes what the server refuses out of the way, and says so.
   * @param {Ending} ending
   * @returns {"found" | "searching" | undefined} undefined: nothing that was sent can be at fault
   */
  #takeOut(ending) {
    const culprit = this.#progress.upward.refused();
    if (culprit === "nothing") return undefined;
    if (culprit === "unknown") return "searching";
    const what = culprit === "state" ? "the state" : `an event of type ${JSON.stringify(culprit.type)}`;
    this.#progress.identity.save();
    this.#report(ending.code ?? ending.cause, `the server refuses ${what}: ${ending.message}`);
    return "found";
  }

  /**
   * Prepares the next attempt.
   * @param {Ending} ending
   * @returns {boolean} false when there is to be none
   */
  #goOnAfter(ending) {
    if (this.#activeSince > 0 && performance.now() - this.#activeSince > GOOD_CONNECTION_MS) this.#backoff.reset();
    this.#active = undefined;
    this.#activeSince = 0;
    const goingOn = this.#apply(ending);
    this.#progress.upward.rewind();
    return goingOn;
  }

  /**
   * @param {Ending} ending
   * @returns {boolean}
   */
  #apply(ending) {
    switch (ending.remedy) {
      case "retry":
        if (ending.code) this.#report(ending.code, ending.message);
        return true;
      case "isolate":
        this.#takeOut(ending);
        return true;
      case "start_over":
        this.#progress.startOver(ending.cause === "ended" ? "ended" : "epoch_changed");
        return true;
      case "renew_identity":
        return this.#renewIdentity();
      case "renew_token":
        this.#tokensRefused += 1;
        return typeof this.#options.token === "function" && this.#tokensRefused < TOKENS_REFUSED_MAX;
      case "stop":
        return false;
    }
  }

  #renewIdentity() {
    if (!this.#progress.identity.renewable) return false;
    const dropped = this.#progress.identity.renew();
    this.#progress.upward.rewind();
    if (dropped > 0) {
      this.#report("replaced", `a newer connection took over; ${dropped} events may not have been written`);
    }
    return true;
  }

  #flushSoon() {
    if (this.#flushing) return;
    this.#flushing = true;
    // What one frame of the game says goes up in one message.
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush() {
    if (!(this.#active instanceof SocketConnection) || this.#watching) return;
    while (this.#active.writable) {
      const message = this.#progress.upward.take();
      if (!message) return;
      this.#active.send(message);
    }
  }

  /** The page is being left: the next one of this tab reads what is stored, so nothing may change that any more. */
  #leave() {
    this.#leaving = true;
    for (const connection of this.#connections) connection.end(lost("the page was left"));
  }

  #comeBack() {
    this.#progress.comeBack();
    this.#leaving = false;
    this.#wake();
  }

  /** @param {Ending} ending */
  #stop(ending) {
    if (this.status === "closed") return;
    this.#setStatus("closed", ending.cause);
    this.#unwatchPage();
    for (const connection of this.#connections) connection.end(closed());
    this.#wake();
    if (ending.cause !== "closed") this.#report(ending.code ?? ending.cause, ending.message);
  }

  /**
   * @template {Connection} C
   * @param {C} connection
   * @returns {C}
   */
  #track(connection) {
    this.#connections.add(connection);
    void connection.ended.then(() => this.#connections.delete(connection));
    return connection;
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
   * @param {Status} status
   * @param {Cause} [cause]
   */
  #setStatus(status, cause = this.#cause) {
    if (this.status === "closed") return;
    this.status = status;
    this.#call(this.onStatus, status, cause);
  }

  #checkOpen() {
    if (this.status === "closed") throw new StreamError("closed", "the stream is closed");
    if (this.#watching) throw new StreamError("spectator", "a spectator sends nothing");
  }

  /**
   * @param {string} code
   * @param {string} message
   */
  #report(code, message) {
    this.#call(this.onError, new StreamError(code, message));
  }

  /**
   * Calls a handler. What it throws is its own failure and must not end the connection in the middle of an answer;
   * it surfaces as an uncaught error.
   * @template {unknown[]} A
   * @param {((...args: A) => void) | undefined} handler
   * @param {A} args
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

/** @returns {Ending} */
function closed() {
  return { remedy: "stop", cause: "closed", message: "closed" };
}

/** @param {string} text */
function isWellFormed(text) {
  return !/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text);
}

/**
 * @template T
 * @param {number} ms
 * @param {Promise<T>} promise
 * @returns {Promise<T | undefined>} undefined after `ms`
 */
async function within(ms, promise) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  const first = await Promise.race([promise, late]);
  clearTimeout(timer);
  return first;
}
