export type Ending = import("./ending.js").Ending;
export type SocketConstructor = import("./transport-websocket.js").SocketConstructor;
/**
 * One WebSocket that only reads. Unlike a player's, it may be silent for hours: whether it still lives is the
 * server's to find out, by pings.
 */
export declare class ReaderSocket {
    #private;
    /** Why it ended, with the close code; 1006 where there was none. */
    ended: Promise<{
        ending: Ending;
        code: number;
    }>;
    /**
     * @param {object} how
     * @param {SocketConstructor} how.WebSocket
     * @param {string} how.url
     * @param {string} [how.token]
     * @param {() => void} how.opened
     * @param {(text: string) => Ending | undefined} how.receive an ending that it returns ends the connection
     */
    constructor({ WebSocket, url, token, opened, receive }: {
        WebSocket: SocketConstructor;
        url: string;
        token?: string;
        opened: () => void;
        receive: (text: string) => Ending | undefined;
    });
    /**
     * Ends it; what the socket still says is not heard.
     * @param {Ending} ending
     * @param {number} [code]
     */
    end(ending: Ending, code?: number): void;
}
