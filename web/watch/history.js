// What was before: pages of a stream's events.

/**
 * @typedef {import("/_/client/read-cursor.js").ReadEvent} ReadEvent
 * @typedef {{ events: ReadEvent[], note: string }} Page oldest first; what there is to say when it is less than asked
 */

const GONE = 410;

export class History {
  #address;
  #token;

  /** @param {string} stream @param {string} token "" for none */
  constructor(stream, token) {
    this.#address = `/v1/streams/${encodeURIComponent(stream)}/events`;
    this.#token = token;
  }

  /**
   * The events before an offset, at most `count`.
   * @param {string} epoch
   * @param {number} offset
   * @param {number} count
   * @returns {Promise<Page>}
   */
  async before(epoch, offset, count) {
    const first = Math.max(0, offset - count);
    const wanted = await this.#page(`${epoch}:${first - 1}`, `${epoch}:${offset - 1}`, count);
    if (wanted !== GONE) return wanted;
    // Some of them may still be kept.
    const kept = await this.#page("start", `${epoch}:${offset - 1}`, count);
    return kept === GONE ? { events: [], note: "What was earlier is no longer kept." } : kept;
  }

  /**
   * @param {string} from
   * @param {string} to
   * @param {number} limit
   * @returns {Promise<Page | typeof GONE>}
   */
  async #page(from, to, limit) {
    const query = new URLSearchParams({ from, to, limit: String(limit) });
    /** @type {Record<string, string>} */
    const headers = this.#token ? { Authorization: `Bearer ${this.#token}` } : {};
    try {
      const response = await fetch(`${this.#address}?${query}`, { headers });
      if (response.status === GONE) return GONE;
      if (!response.ok) return { events: [], note: `The server does not give it (${response.status}).` };
      return { events: (await response.json()).events, note: "" };
    } catch {
      return { events: [], note: "The server could not be reached; try again." };
    }
  }
}
