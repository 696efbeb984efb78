/** Counts due ticks by the caller's clock. */
export declare class Pace {
    #private;
    /** @param {number} tickMs the stream's tick */
    constructor(tickMs: number);
    /**
     * Lets time pass until `nowMs`.
     * @param {number} nowMs of any clock that does not go backwards
     * @param {number} behind how many ticks could be played
     */
    advance(nowMs: number, behind: number): void;
    /**
     * Whether to play one tick now; if so, it counts as played.
     * @param {number} behind how many ticks could be played
     */
    take(behind: number): boolean;
    /** Gives up what is due beyond one tick: the frame's time is used up, or there is nothing to play. */
    settle(): void;
    /** How far the time between the last tick and the next one has passed, 0 to 1. */
    get interpolation(): number;
}
