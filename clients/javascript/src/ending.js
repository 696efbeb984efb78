// Why a connection ended and what to do then: the table of codes in wire/stadion.md.

/**
 * @typedef {"retry" | "start_over" | "renew_identity" | "renew_token" | "isolate" | "stop"} Remedy
 * `isolate`: something that was sent is at fault; connect again and send one thing at a time to find it.
 *
 * @typedef {"joined" | "network" | "going_away" | "too_slow" | "too_big" | "epoch_changed" | "ended" | "replaced"
 *   | "deleted" | "forbidden" | "unauthorized" | "bad_request" | "conflict" | "bad_answer" | "refused"
 *   | "token" | "done" | "closed"} Cause
 *
 * @typedef {object} Ending
 * @property {Remedy} remedy
 * @property {Cause} cause
 * @property {string} message for people
 * @property {string} [code] the server's error code
 */

/** @type {Record<number, [Remedy, Cause, string]>} */
const CLOSES = {
  1001: ["retry", "going_away", "the server is going away"],
  1008: ["stop", "forbidden", "no right to this stream"],
  1009: ["isolate", "too_big", "a message was too big for the server"],
  4010: ["start_over", "epoch_changed", "the stream lives in another epoch, or not at all"],
  4011: ["retry", "too_slow", "this client was too slow"],
  4110: ["stop", "deleted", "the stream was deleted"],
  4111: ["renew_identity", "replaced", "a newer connection has the same private id"],
  4112: ["start_over", "ended", "the stream has ended"],
  4400: ["stop", "bad_request", "the server does not understand the request"],
  4401: ["renew_token", "unauthorized", "no valid credential"],
  4409: ["stop", "conflict", "this stream cannot be played"],
};

/** Refusals that pass by themselves; nothing that was sent is at fault. */
const PASSING = new Set(["busy", "unavailable", "too_many_clients", "too_many_streams", "too_many_new_streams"]);

/**
 * What a WebSocket's close code means.
 * @param {number} code
 * @param {string} reason an error's code, or words for people
 * @returns {Ending}
 */
export function endingOfClose(code, reason) {
  const [remedy, cause, words] = CLOSES[code] ?? ["retry", "network", `the connection was lost (${code})`];
  const message = reason ? `${words}: ${reason}` : words;
  if (PASSING.has(reason)) return { remedy: "retry", cause: "refused", message, code: reason };
  return { remedy, cause, message, ...(/^[a-z_]+$/.test(reason) ? { code: reason } : {}) };
}

/**
 * What an error message on the open socket means.
 * @param {string} code
 * @param {string} message
 * @returns {Ending}
 */
export function endingOfError(code, message) {
  if (code === "epoch_changed") return { remedy: "start_over", cause: "epoch_changed", message, code };
  if (code === "seq_gap" || PASSING.has(code)) return { remedy: "retry", cause: "refused", message, code };
  return { remedy: "isolate", cause: "refused", message, code };
}

/**
 * What an HTTP status other than 200 means.
 * @param {number} status
 * @param {string} code the error's code, or ""
 * @param {string} message
 * @returns {Ending}
 */
export function endingOfStatus(status, code, message) {
  if (status === 401) return { remedy: "renew_token", cause: "unauthorized", message, code };
  if (status === 403) return { remedy: "stop", cause: "forbidden", message, code };
  if (code === "wrong_kind" || code === "replayed") return { remedy: "stop", cause: "conflict", message, code };
  if (status === 400 || status === 409 || status === 413) return endingOfError(code || "bad_request", message);
  if (status === 408 || status === 429 || status >= 500) return { remedy: "retry", cause: "refused", message, code };
  return { remedy: "stop", cause: "bad_request", message, code };
}

/**
 * @param {string} message
 * @returns {Ending}
 */
export function lost(message) {
  return { remedy: "retry", cause: "network", message };
}
