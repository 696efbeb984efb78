export type Ending = import("./ending.js").Ending;
export type Receive = import("./connection.js").Receive;
export type SocketLike = {
    onopen: ((event: any) => any) | null;
    onmessage: ((event: any) => any) | null;
    onclose: ((event: any) => any) | null;
    onerror: ((event: any) => any) | null;
    bufferedAmount: number;
    send: (text: string) => void;
    close: (code?: number, reason?: string) => void;
};
export type SocketConstructor = new (url: string, protocols?: string | string[]) => SocketLike;
/** One WebSocket from its opening to its end: it pushes answers to `receive` and takes messages upward. */
export declare class SocketConnection {
    #private;
    /** The last tick that came on this connection. */
    cursor: number;
    epoch: string;
    /** @type {Promise<Ending>} */
    ended: Promise<Ending>;
    /** True at the first accepted answer, false when it ended before. @type {Promise<boolean>} */
    ready: Promise<boolean>;
    /** @readonly */
    readonly status: "open";
    /** No answer was accepted yet. */
    first: boolean;
    /** Whether the server took the upgrade; if not, something on the way may not like WebSockets. */
    accepted: boolean;
    /**
     * @param {object} how
     * @param {SocketConstructor} how.WebSocket
     * @param {string} how.url
     * @param {string} [how.token]
     * @param {number} how.cursor the tick in the address
     * @param {string} how.epoch the epoch in the address
     * @param {number} how.firstAnswerMs give up when no answer came for this long after the start
     * @param {number} how.silenceMs give up when an open socket is silent for this long
     * @param {Receive} how.receive
     */
    constructor({ WebSocket, url, token, cursor, epoch, firstAnswerMs, silenceMs, receive }: {
        WebSocket: SocketConstructor;
        url: string;
        token?: string;
        cursor: number;
        epoch: string;
        firstAnswerMs: number;
        silenceMs: number;
        receive: Receive;
    });
    /**
     * @param {object} message
     * @returns {boolean} false when the socket takes nothing more for now
     */
    send(message: object): boolean;
    get writable(): boolean;
    /**
     * Ends it from this side. What the socket still says is not heard: a late close code is no news about a
     * connection that was given up.
     * @param {Ending} ending
     */
    end(ending: Ending): void;
}
