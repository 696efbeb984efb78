import { StreamError } from "./stream-error.js";

/** @typedef {import("./answer.js").Answer} Answer */
/** @typedef {{ error: { code: string, message: string }, Epoch?: string, Seq?: number }} Refusal */

/**
 * Reads one frame or one response body.
 * @param {string} text
 * @returns {Answer | Refusal}
 * @throws {StreamError} `bad_answer`
 */
export function decodeAnswer(text) {
  /** @type {any} */
  let value;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new StreamError("bad_answer", "the server's answer is not JSON", cause);
  }
  if (value?.error && typeof value.error === "object") {
    const { code = "", message = code } = value.error;
    return { ...value, error: { code: String(code), message: String(message) } };
  }
  if (
    !Number.isSafeInteger(value?.T) ||
    !Array.isArray(value.Events) ||
    !Array.isArray(value.States) ||
    typeof value.ProxyId !== "string" ||
    !value.Events.every(isEvent)
  ) {
    throw new StreamError("bad_answer", "the server's answer has not the shape of one");
  }
  return value;
}

/**
 * Holds an answer against what was asked for: events after `lastKnown` up to the answer's T, in order.
 * Anything else would be a gap, a duplicate, or a tick that may still change.
 * @param {Answer} answer
 * @param {number} lastKnown
 * @throws {StreamError} `bad_answer`
 */
export function checkAnswer(answer, lastKnown) {
  if (answer.T < lastKnown) {
    throw new StreamError("bad_answer", `the server went back from tick ${lastKnown} to ${answer.T}`);
  }
  let before = lastKnown + 1;
  for (const event of answer.Events) {
    if (event.T < before || event.T > answer.T) {
      throw new StreamError(
        "bad_answer",
        `an event of tick ${event.T} in the answer for ticks ${lastKnown + 1} to ${answer.T}`,
      );
    }
    before = event.T;
  }
}

/** @param {any} event */
function isEvent(event) {
  return (
    Number.isSafeInteger(event?.T) &&
    typeof event.Type === "string" &&
    typeof event.Origin === "string" &&
    typeof event.Body === "string"
  );
}
