// What the address and the browser remember: which stream, whether to watch, under what name.

import { parseName } from "./rules/messages.js";
import { NAME_MAX } from "./rules/numbers.js";

const NAME_KEY = "stadion drift name";
const STREAM_BYTES_MAX = 128;
// Without letters and digits that are easily taken for one another.
const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";

/**
 * @typedef {object} Session
 * @property {string} stream
 * @property {boolean} watch
 * @property {string} name       "" until the player has said it
 * @property {string} shareUrl   the address to give to others
 * @property {string} watchUrl
 */

/**
 * Reads the address; without a stream in it a new one is made and written there.
 * @returns {Session}
 */
export function readSession() {
  const url = new URL(location.href);
  const asked = url.searchParams.get("game") ?? "";
  const stream = isStreamName(asked) ? asked : `drift-${randomLetters(4)}`;
  if (stream !== asked) {
    url.searchParams.set("game", stream);
    history.replaceState(null, "", tidy(url));
  }
  const share = new URL(url.pathname, url.origin);
  share.searchParams.set("game", stream);
  const watch = new URL(share);
  watch.searchParams.set("watch", "");
  return {
    stream,
    watch: url.searchParams.has("watch"),
    name: cleanName(url.searchParams.get("name") ?? "") || remembered(),
    shareUrl: tidy(share),
    watchUrl: tidy(watch),
  };
}

/**
 * The name as the rules accept it, or "".
 * @param {string} text
 */
export function cleanName(text) {
  const short = Array.from(text.trim()).slice(0, NAME_MAX).join("").trim();
  return parseName(short) ?? "";
}

/** @param {string} name */
export function rememberName(name) {
  try {
    localStorage.setItem(NAME_KEY, name);
  } catch {
    // Private windows may forbid it; the name then lasts as long as the page.
  }
}

function remembered() {
  try {
    return cleanName(localStorage.getItem(NAME_KEY) ?? "");
  } catch {
    return "";
  }
}

/** @param {string} name */
function isStreamName(name) {
  const bytes = new TextEncoder().encode(name).length;
  const controls = Array.from(name).some((character) => character < " " || character === "\u007f");
  return bytes > 0 && bytes <= STREAM_BYTES_MAX && !controls && !/^[_.]|\//.test(name);
}

/** @param {number} count */
function randomLetters(count) {
  const bytes = crypto.getRandomValues(new Uint8Array(count));
  return Array.from(bytes, (byte) => LETTERS[byte % LETTERS.length]).join("");
}

/** `?watch=` reads better as `?watch`. @param {URL} url */
function tidy(url) {
  return url.href.replace(/([?&]watch)=(?=&|$)/, "$1");
}
