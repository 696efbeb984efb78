/**
 * How long to wait before the next attempt: doubling, capped, and with jitter, so that a server that
 * restarts is not met by all its clients in the same instant.
 */
export declare class Backoff {
    #private;
    /** @param {() => number} [random] 0 ≤ x < 1 */
    constructor(random?: () => number);
    /** A connection held: the next failure is a first one. */
    reset(): void;
    /** @returns {number} milliseconds, between half of the step and the whole of it */
    next(): number;
}
