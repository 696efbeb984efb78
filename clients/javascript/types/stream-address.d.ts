/** Where a stream is: the server's base address and the stream's name (wire/event-stream.md, wire/stadion.md). */
export declare class StreamAddress {
    #private;
    /** Names server and stream. @readonly */
    key: string;
    /**
     * @param {string} base as `https://host` or `https://host/below/here`
     * @param {string} stream
     * @throws {StreamError} `bad_url`, `bad_name`
     */
    constructor(base: string, stream: string);
    /**
     * @param {string} id
     * @param {number} tick the last one that is known
     */
    poll(id: string, tick: number): string;
    /**
     * @param {string} id
     * @param {number} tick the last one that is known
     * @param {Record<string, string | number | undefined>} query what is undefined or "" is left out
     */
    socket(id: string, tick: number, query: Record<string, string | number | undefined>): string;
    /**
     * Where its events are read as they come.
     * @param {Record<string, string | number | undefined>} query what is undefined or "" is left out
     */
    events(query: Record<string, string | number | undefined>): string;
}
