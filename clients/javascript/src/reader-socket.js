import { endingOfClose, lost } from "./ending.js";

/**
 * @typedef {import("./ending.js").Ending} Ending
 * @typedef {import("./transport-websocket.js").SocketConstructor} SocketConstructor
 */

/** How long a WebSocket may take to open. */
const OPEN_MS = 10_000;

/**
 * One WebSocket that only reads. Unlike a player's, it may be silent for hours: whether it still lives is the
 * server's to find out, by pings.
 */
export class ReaderSocket {
  #socket;
  #openTimer;
  #resolveEnded = /** @type {(end: { ending: Ending, code: number }) => void} */ (() => {});

  /**
   * @param {object} how
   * @param {SocketConstructor} how.WebSocket
   * @param {string} how.url
   * @param {string} [how.token]
   * @param {() => void} how.opened
   * @param {(text: string) => Ending | undefined} how.receive an ending that it returns ends the connection
   */
  constructor({ WebSocket, url, token, opened, receive }) {
    /** Why it ended, with the close code; 1006 where there was none. */
    this.ended = /** @type {Promise<{ ending: Ending, code: number }>} */ (
      new Promise((resolve) => (this.#resolveEnded = resolve))
    );
    this.#openTimer = setTimeout(() => this.end(lost("no WebSocket in time")), OPEN_MS);
    try {
      this.#socket = token ? new WebSocket(url, [`stadion.token.${token}`]) : new WebSocket(url);
    } catch (error) {
      this.end(lost(`no WebSocket: ${error}`));
      return;
    }
    this.#socket.onopen = () => {
      clearTimeout(this.#openTimer);
      opened();
    };
    this.#socket.onerror = () => {};
    this.#socket.onclose = ({ code, reason }) => this.end(endingOfClose(code, reason), code);
    this.#socket.onmessage = ({ data }) => {
      const ending = receive(String(data));
      if (ending) this.end(ending);
    };
  }

  /**
   * Ends it; what the socket still says is not heard.
   * @param {Ending} ending
   * @param {number} [code]
   */
  end(ending, code = 1006) {
    clearTimeout(this.#openTimer);
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
    this.#resolveEnded({ ending, code });
  }
}
