export type Ending = import("./ending.js").Ending;
export type Receive = import("./connection.js").Receive;
export type Fetch = (input: string, init: RequestInit) => Promise<Response>;
/** Polling until its end: it asks, hands the answers to `receive`, and keeps the pace. */
export declare class PollConnection {
    #private;
    epoch: string;
    /** @type {Promise<Ending>} */
    ended: Promise<Ending>;
    /** True at the first accepted answer, false when it ended before. @type {Promise<boolean>} */
    ready: Promise<boolean>;
    /** @readonly */
    readonly status: "polling";
    /** No answer was accepted yet. */
    first: boolean;
    cursor: number;
    /**
     * @param {object} how
     * @param {Fetch} how.fetch
     * @param {(from: PollConnection) => { url: string, cursor: number, body: object }} how.request makes the next one
     * @param {Receive} how.receive
     * @param {(from: PollConnection, ending: Ending) => Ending | undefined} how.refused what to do about an answer
     * that is not 200; undefined: go on
     * @param {() => void} how.lost the last request may or may not have been heard
     * @param {(ms: number) => void} how.measured the time of a round trip
     * @param {string} [how.token]
     * @param {string} how.epoch
     * @param {number} how.pollMs from one poll's start to the next one's
     * @param {number} how.timeoutMs
     */
    constructor(how: {
        fetch: Fetch;
        request: (from: PollConnection) => {
            url: string;
            cursor: number;
            body: object;
        };
        receive: Receive;
        refused: (from: PollConnection, ending: Ending) => Ending | undefined;
        lost: () => void;
        measured: (ms: number) => void;
        token?: string;
        epoch: string;
        pollMs: number;
        timeoutMs: number;
    });
    /** @param {Ending} ending */
    end(ending: Ending): void;
}
