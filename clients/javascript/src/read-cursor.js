import { StreamError } from "./stream-error.js";

/**
 * An event as it is read. `body` is its JSON value; what does not apply is absent.
 * @typedef {object} ReadEvent
 * @property {string} stream
 * @property {string} epoch
 * @property {number} offset
 * @property {string} [time] when the server received it, RFC 3339
 * @property {string} [type]
 * @property {string} [origin] of an event of a lockstep stream
 * @property {number} [tick] of an event of a lockstep stream
 * @property {boolean} [state] part of live state: its offset is no position
 * @property {any} body
 *
 * @typedef {{ kind: "event" | "state", event: ReadEvent }
 *   | { kind: "live", truncated: boolean }
 *   | { kind: "skipped", count: number }} News
 */

/** An epoch is 22 characters of base64url; `-` of a stream that was never written. */
const POSITION = /^([A-Za-z0-9_-]{22}|-):(-1|\d+)$/;

/**
 * Where a reader stands in a stream, and the proof that nothing is missing and nothing comes twice: every event has
 * the offset behind the last one.
 */
export class ReadCursor {
  /** What to ask for while no position is known. */
  #from;
  /** @type {{ epoch: string, offset: number } | undefined} */
  #position;
  /** Live state began and its end did not come yet. */
  #amidState = false;

  /** @param {string} from */
  constructor(from) {
    this.#from = from;
    const [, epoch, offset] = POSITION.exec(from) ?? [];
    if (epoch !== undefined) this.#position = { epoch, offset: Number(offset) };
  }

  /** The position of the last event that was told, `{epoch}:{offset}`; "" while none is known. */
  get position() {
    return this.#position ? `${this.#position.epoch}:${this.#position.offset}` : "";
  }

  /** What the next connection asks for. */
  get from() {
    return this.position || this.#from;
  }

  /**
   * A new connection begins.
   * @returns {boolean} whether what was told of live state is void, because the rest of it got lost
   */
  begin() {
    const isVoid = this.#amidState;
    this.#amidState = false;
    return isVoid;
  }

  /** The position is of no use any more: live state is what comes next. */
  startOver() {
    this.#position = undefined;
    this.#amidState = false;
    this.#from = "live";
  }

  /**
   * @param {string} text a frame
   * @returns {News}
   * @throws {StreamError} `bad_answer`: no frame that a server sends, a gap or a duplicate
   */
  take(text) {
    const frame = parse(text);
    if (typeof frame.skipped === "number") {
      this.startOver();
      return { kind: "skipped", count: frame.skipped };
    }
    const { epoch, offset } = frame;
    if (typeof epoch !== "string" || !Number.isSafeInteger(offset)) throw bad("a frame without a place in the stream");
    if (frame.live === true) {
      this.#amidState = false;
      this.#position = { epoch, offset };
      return { kind: "live", truncated: frame.truncated === true };
    }
    if (frame.state === true) {
      if (this.#position) throw bad("live state in the middle of live events");
      this.#amidState = true;
      return { kind: "state", event: frame };
    }
    if (this.#amidState) throw bad("a live event in the middle of live state");
    this.#follow(epoch, offset);
    return { kind: "event", event: frame };
  }

  /** @param {string} epoch @param {number} offset */
  #follow(epoch, offset) {
    const last = this.#position;
    // A stream gets its epoch with its first event.
    if (last && last.epoch !== "-" && last.epoch !== epoch) throw bad("the epoch changed within a connection");
    if (last && offset !== last.offset + 1) {
      throw bad(`offset ${offset} came after ${last.offset}: ${offset > last.offset ? "a gap" : "a duplicate"}`);
    }
    this.#position = { epoch, offset };
  }
}

/** @param {string} text */
function parse(text) {
  try {
    const frame = JSON.parse(text);
    if (typeof frame === "object" && frame !== null) return frame;
  } catch {
    // Said below.
  }
  throw bad(`no frame of a reader: ${text.slice(0, 80)}`);
}

/** @param {string} message */
function bad(message) {
  return new StreamError("bad_answer", message);
}
