import { StreamError } from "./stream-error.js";

const NAME_BYTES_MAX = 128;

/** Where a stream is: the server's base address and the stream's name (wire/event-stream.md, wire/stadion.md). */
export class StreamAddress {
  #base;
  #path;
  #events;

  /**
   * @param {string} base as `https://host` or `https://host/below/here`
   * @param {string} stream
   * @throws {StreamError} `bad_url`, `bad_name`
   */
  constructor(base, stream) {
    let url;
    try {
      url = new URL(base);
    } catch (cause) {
      throw new StreamError("bad_url", `not a server's address: ${JSON.stringify(base)}`, cause);
    }
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      throw new StreamError("bad_url", `a server's address begins with http:// or https://: ${base}`);
    }
    const bytes = typeof stream === "string" ? new TextEncoder().encode(stream).length : 0;
    if (bytes === 0 || bytes > NAME_BYTES_MAX || stream.includes("/")) {
      throw new StreamError("bad_name", `a stream's name has 1 to ${NAME_BYTES_MAX} bytes and no "/"`);
    }
    this.#base = url.origin + url.pathname.replace(/\/+$/, "");
    this.#path = `/v1/lockstep/${encodeURIComponent(stream)}`;
    this.#events = `/v1/streams/${encodeURIComponent(stream)}/events`;
    /** Names server and stream. @readonly */
    this.key = `${this.#base} ${stream}`;
  }

  /**
   * @param {string} id
   * @param {number} tick the last one that is known
   */
  poll(id, tick) {
    return `${this.#base}${this.#path}/${encodeURIComponent(id)}/${tick}`;
  }

  /**
   * @param {string} id
   * @param {number} tick the last one that is known
   * @param {Record<string, string | number | undefined>} query what is undefined or "" is left out
   */
  socket(id, tick, query) {
    return toSocket(this.poll(id, tick)) + queryText(query);
  }

  /**
   * Where its events are read as they come.
   * @param {Record<string, string | number | undefined>} query what is undefined or "" is left out
   */
  events(query) {
    return toSocket(this.#base + this.#events) + queryText(query);
  }
}

/** @param {string} url */
function toSocket(url) {
  return url.replace(/^http/, "ws");
}

/** @param {Record<string, string | number | undefined>} query */
function queryText(query) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
  return text && `?${text}`;
}
