/**
 * @typedef {import("./transport-websocket.js").SocketLike} SocketLike
 * @typedef {import("./transport-websocket.js").SocketConstructor} SocketConstructor
 * @typedef {import("./transport-poll.js").Fetch} Fetch
 *
 * A worse network than there is, to try a game on.
 * @typedef {object} Simulate
 * @property {number} [latencyMs] added to each way, so that the ping grows by twice as much
 * @property {number} [jitterMs] up to this much more, drawn for each message
 * @property {number} [loss] 0 to 1, each way. A lost poll or a lost answer is an error; on a WebSocket, which
 * repeats what is lost, the message and those behind it are late by a retransmission
 * @property {() => number} [random] 0 ≤ x < 1; for tests
 */

/** TCP waits at least this long before it sends a segment again. */
const RETRANSMISSION_MS = 200;

/** The delays of one direction of one connection; a message never overtakes the one before it. */
class Way {
  #simulate;
  #clearAt = 0;
  /** @type {(() => void)[]} */
  #underway = [];

  /** @param {Simulate} simulate */
  constructor(simulate) {
    this.#simulate = simulate;
  }

  /** @param {() => void} deliver */
  pass(deliver) {
    const { loss = 0, random = Math.random, latencyMs = 0 } = this.#simulate;
    let delay = delayOf(this.#simulate);
    while (random() < Math.min(loss, 0.9)) delay += Math.max(RETRANSMISSION_MS, 2 * latencyMs);
    const now = performance.now();
    this.#clearAt = Math.max(this.#clearAt, now + delay);
    // Timers of almost the same time may fire in any order: each delivers the oldest.
    this.#underway.push(deliver);
    setTimeout(() => this.#underway.shift()?.(), this.#clearAt - now);
  }
}

/**
 * @param {SocketConstructor} Real
 * @param {Simulate} simulate
 * @returns {SocketConstructor}
 */
export function simulatedWebSocket(Real, simulate) {
  return class {
    /** @type {SocketLike["onopen"]} */ onopen = null;
    /** @type {SocketLike["onmessage"]} */ onmessage = null;
    /** @type {SocketLike["onclose"]} */ onclose = null;
    /** @type {SocketLike["onerror"]} */ onerror = null;
    #up = new Way(simulate);
    #down = new Way(simulate);
    #real;
    #over = false;

    /**
     * @param {string} url
     * @param {string | string[]} [protocols]
     */
    constructor(url, protocols) {
      this.#real = new Real(url, protocols);
      this.#real.onopen = (event) => this.#down.pass(() => this.onopen?.(event));
      this.#real.onmessage = ({ data }) => this.#down.pass(() => this.onmessage?.({ data }));
      this.#real.onerror = (event) => this.onerror?.(event);
      this.#real.onclose = ({ code, reason }) => {
        this.#over = true;
        this.#down.pass(() => this.onclose?.({ code, reason }));
      };
    }

    get bufferedAmount() {
      return this.#real.bufferedAmount;
    }

    /** @param {string} text */
    send(text) {
      this.#up.pass(() => {
        if (!this.#over) this.#real.send(text);
      });
    }

    /**
     * @param {number} [code]
     * @param {string} [reason]
     */
    close(code, reason) {
      this.#over = true;
      this.#real.close(code, reason);
    }
  };
}

/**
 * @param {Fetch} real
 * @param {Simulate} simulate
 * @returns {Fetch}
 */
export function simulatedFetch(real, simulate) {
  const { loss = 0, random = Math.random } = simulate;
  return async (input, init) => {
    await sleep(delayOf(simulate));
    if (random() < loss) throw new TypeError("simulated: the request was lost");
    const response = await real(input, init);
    await sleep(delayOf(simulate));
    if (random() < loss) throw new TypeError("simulated: the answer was lost");
    return response;
  };
}

/** @param {Simulate} simulate */
function delayOf({ latencyMs = 0, jitterMs = 0, random = Math.random }) {
  return latencyMs + jitterMs * random();
}

/** @param {number} ms */
function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
