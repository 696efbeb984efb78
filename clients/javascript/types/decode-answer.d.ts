export type Answer = import("./answer.js").Answer;
export type Refusal = {
    error: {
        code: string;
        message: string;
    };
    Epoch?: string;
    Seq?: number;
};
/** @typedef {import("./answer.js").Answer} Answer */
/** @typedef {{ error: { code: string, message: string }, Epoch?: string, Seq?: number }} Refusal */
/**
 * Reads one frame or one response body.
 * @param {string} text
 * @returns {Answer | Refusal}
 * @throws {StreamError} `bad_answer`
 */
export declare function decodeAnswer(text: string): Answer | Refusal;
/**
 * Holds an answer against what was asked for: events after `lastKnown` up to the answer's T, in order.
 * Anything else would be a gap, a duplicate, or a tick that may still change.
 * @param {Answer} answer
 * @param {number} lastKnown
 * @throws {StreamError} `bad_answer`
 */
export declare function checkAnswer(answer: Answer, lastKnown: number): void;
