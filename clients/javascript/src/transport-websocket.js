import { endingOfClose, lost } from "./ending.js";

/**
 * @typedef {import("./ending.js").Ending} Ending
 * @typedef {import("./connection.js").Receive} Receive
 *
 * The part of a WebSocket that is used here; the browser's, Node's and the package `ws`'s all have it.
 * @typedef {object} SocketLike
 * @property {((event: any) => any) | null} onopen
 * @property {((event: any) => any) | null} onmessage
 * @property {((event: any) => any) | null} onclose
 * @property {((event: any) => any) | null} onerror
 * @property {number} bufferedAmount
 * @property {(text: string) => void} send
 * @property {(code?: number, reason?: string) => void} close
 *
 * @typedef {new (url: string, protocols?: string | string[]) => SocketLike} SocketConstructor
 */

/** Unsent bytes above which nothing more is handed to the socket: what waits longer can still be dropped. */
const BUFFERED_MAX = 1024 * 1024;

/** One WebSocket from its opening to its end: it pushes answers to `receive` and takes messages upward. */
export class SocketConnection {
  /** @readonly */
  status = /** @type {const} */ ("open");
  /** No answer was accepted yet. */
  first = true;
  /** Whether the server took the upgrade; if not, something on the way may not like WebSockets. */
  accepted = false;
  #socket;
  #resolveEnded = /** @type {(ending: Ending) => void} */ (() => {});
  #resolveReady = /** @type {(ready: boolean) => void} */ (() => {});
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #openTimer;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #silenceTimer;
  #silentSeconds = 0;

  /**
   * @param {object} how
   * @param {SocketConstructor} how.WebSocket
   * @param {string} how.url
   * @param {string} [how.token]
   * @param {number} how.cursor the tick in the address
   * @param {string} how.epoch the epoch in the address
   * @param {number} how.firstAnswerMs give up when no answer came for this long after the start
   * @param {number} how.silenceMs give up when an open socket is silent for this long
   * @param {Receive} how.receive
   */
  constructor({ WebSocket, url, token, cursor, epoch, firstAnswerMs, silenceMs, receive }) {
    /** The last tick that came on this connection. */
    this.cursor = cursor;
    this.epoch = epoch;
    /** @type {Promise<Ending>} */
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    /** True at the first accepted answer, false when it ended before. @type {Promise<boolean>} */
    this.ready = new Promise((resolve) => (this.#resolveReady = resolve));
    this.#openTimer = setTimeout(() => this.end(lost("no answer by WebSocket in time")), firstAnswerMs);
    try {
      this.#socket = token ? new WebSocket(url, [`stadion.token.${token}`]) : new WebSocket(url);
    } catch (error) {
      this.end(lost(`no WebSocket: ${error}`));
      return;
    }
    this.#socket.onopen = () => (this.accepted = true);
    this.#socket.onerror = () => {};
    this.#socket.onclose = ({ code, reason }) => this.end(endingOfClose(code, reason));
    this.#socket.onmessage = ({ data }) => this.#message(String(data), receive);
    this.#silenceTimer = setInterval(() => this.#second(silenceMs), 1_000);
  }

  /**
   * @param {object} message
   * @returns {boolean} false when the socket takes nothing more for now
   */
  send(message) {
    if (!this.#socket) return false;
    this.#socket.send(JSON.stringify(message));
    return this.writable;
  }

  get writable() {
    return this.#socket !== undefined && this.#socket.bufferedAmount < BUFFERED_MAX;
  }

  /**
   * Ends it from this side. What the socket still says is not heard: a late close code is no news about a
   * connection that was given up.
   * @param {Ending} ending
   */
  end(ending) {
    clearTimeout(this.#openTimer);
    clearInterval(this.#silenceTimer);
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      try {
        socket.close();
      } catch {
        // It was never open.
      }
    }
    this.#resolveReady(false);
    this.#resolveEnded(ending);
  }

  /**
   * @param {string} text
   * @param {Receive} receive
   */
  #message(text, receive) {
    this.#silentSeconds = 0;
    const ending = receive(this, text);
    if (ending) return this.end(ending);
    if (this.first) return;
    clearTimeout(this.#openTimer);
    this.#resolveReady(true);
  }

  /**
   * Counts seconds in which the timer ran, not the clock: a page that was frozen for an hour has messages
   * waiting, not a dead socket.
   * @param {number} silenceMs
   */
  #second(silenceMs) {
    this.#silentSeconds += 1;
    if (this.#silentSeconds * 1_000 > silenceMs) this.end(lost("the connection went silent"));
  }
}
