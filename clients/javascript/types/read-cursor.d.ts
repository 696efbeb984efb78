export type ReadEvent = {
    stream: string;
    epoch: string;
    offset: number;
    /**
     * when the server received it, RFC 3339
     */
    time?: string;
    type?: string;
    /**
     * of an event of a lockstep stream
     */
    origin?: string;
    /**
     * of an event of a lockstep stream
     */
    tick?: number;
    /**
     * part of live state: its offset is no position
     */
    state?: boolean;
    body: any;
};
export type News = {
    kind: "event" | "state";
    event: ReadEvent;
} | {
    kind: "live";
    truncated: boolean;
} | {
    kind: "skipped";
    count: number;
};
/**
 * Where a reader stands in a stream, and the proof that nothing is missing and nothing comes twice: every event has
 * the offset behind the last one.
 */
export declare class ReadCursor {
    #private;
    /** @param {string} from */
    constructor(from: string);
    /** The position of the last event that was told, `{epoch}:{offset}`; "" while none is known. */
    get position(): string;
    /** What the next connection asks for. */
    get from(): string;
    /**
     * A new connection begins.
     * @returns {boolean} whether what was told of live state is void, because the rest of it got lost
     */
    begin(): boolean;
    /** The position is of no use any more: live state is what comes next. */
    startOver(): void;
    /**
     * @param {string} text a frame
     * @returns {News}
     * @throws {StreamError} `bad_answer`: no frame that a server sends, a gap or a duplicate
     */
    take(text: string): News;
}
