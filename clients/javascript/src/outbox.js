/** @typedef {{ type: string, body: string }} Outgoing */

/** Some minutes of a player's input; one who is away for longer has left the game. */
const EVENTS_MAX = 1_000;
const BYTES_MAX = 256 * 1024;
/** A message stays well below any server's limit, so that one refused event takes few others along. */
const BATCH_EVENTS_MAX = 100;
const BATCH_BYTES_MAX = 64 * 1024;

/**
 * The client's events that the server has not confirmed, and the count (`Seq`) of those it has. Event number
 * `written + 1` is the first in here.
 */
export class Outbox {
  /** How many of this client's events are in the stream. */
  written = 0;
  /** Whether the events in here have their numbers; before the server's first word they have not, and none was sent. */
  #numbered = false;
  /** @type {Outgoing[]} */
  #events = [];
  #bytes = 0;

  get length() {
    return this.#events.length;
  }

  /** The number of the last event in here. */
  get last() {
    return this.written + this.#events.length;
  }

  /** @returns {readonly Outgoing[]} */
  get events() {
    return this.#events;
  }

  /**
   * @param {Outgoing} event
   * @returns {boolean} false when there is no room
   */
  push(event) {
    const bytes = size(event);
    if (this.#events.length >= EVENTS_MAX || this.#bytes + bytes > BYTES_MAX) return false;
    this.#events.push(event);
    this.#bytes += bytes;
    return true;
  }

  /**
   * The server has `written` of this client's events; they need not be kept.
   * @param {number} written
   * @returns {boolean} whether anything changed
   */
  acknowledge(written) {
    const done = Math.min(written, this.last) - this.written;
    if (done <= 0) return false;
    for (const event of this.#events.splice(0, done)) this.#bytes -= size(event);
    this.written += done;
    return true;
  }

  /**
   * The server's count at the beginning of a connection stands above the own one: it may have forgotten this
   * client, or know of events that another life of this client sent.
   * @param {number} written
   */
  align(written) {
    if (this.#numbered) this.acknowledge(written);
    this.written = written;
    this.#numbered = true;
  }

  /**
   * Goes on from what was kept.
   * @param {number} written
   * @param {Outgoing[]} events
   * @param {boolean} numbered whether the server had said its first word
   */
  restore(written, events, numbered) {
    this.clear();
    for (const event of events) this.push(event);
    this.written = written;
    this.#numbered = numbered;
  }

  /**
   * The events after number `after` that go into the next message.
   * @param {number} after
   * @param {number} [eventsMax]
   * @returns {Outgoing[]}
   */
  batch(after, eventsMax = BATCH_EVENTS_MAX) {
    const first = after - this.written;
    const events = [];
    let bytes = 0;
    for (let i = first; i < this.#events.length && events.length < eventsMax; i++) {
      const event = /** @type {Outgoing} */ (this.#events[i]);
      bytes += size(event);
      if (events.length > 0 && bytes > BATCH_BYTES_MAX) break;
      events.push(event);
    }
    return events;
  }

  /**
   * Takes out the first event, which the server refuses; those after it move up by one number.
   * @returns {Outgoing | undefined}
   */
  dropFirst() {
    const event = this.#events.shift();
    if (event) this.#bytes -= size(event);
    return event;
  }

  /**
   * Forgets everything and counts anew.
   * @returns {number} how many events are lost by it
   */
  clear() {
    const lost = this.#events.length;
    this.written = 0;
    this.#numbered = false;
    this.#events = [];
    this.#bytes = 0;
    return lost;
  }
}

/** @param {Outgoing} event UTF-16 units, the measure of what storage takes */
function size(event) {
  return event.type.length + event.body.length;
}
