/**
 * What a stream needs to know of a connection, whichever its transport.
 * @typedef {object} Connection
 * @property {"open" | "polling"} status what the stream's status is while it lives
 * @property {boolean} first no answer was accepted yet
 * @property {number} cursor the last tick that was asked for or came
 * @property {string} epoch the epoch that was asked for; "" for any
 * @property {Promise<boolean>} ready true at the first accepted answer, false when it ended before
 * @property {Promise<import("./ending.js").Ending>} ended
 * @property {(ending: import("./ending.js").Ending) => void} end ends it from this side
 *
 * Takes the text of an answer or of a refusal; an ending that it returns ends the connection.
 * @typedef {(connection: Connection, text: string) => import("./ending.js").Ending | undefined} Receive
 */
export type Connection = {
    /**
     * what the stream's status is while it lives
     */
    status: "open" | "polling";
    /**
     * no answer was accepted yet
     */
    first: boolean;
    /**
     * the last tick that was asked for or came
     */
    cursor: number;
    /**
     * the epoch that was asked for; "" for any
     */
    epoch: string;
    /**
     * true at the first accepted answer, false when it ended before
     */
    ready: Promise<boolean>;
    ended: Promise<import("./ending.js").Ending>;
    /**
     * ends it from this side
     *
     * Takes the text of an answer or of a refusal; an ending that it returns ends the connection.
     */
    end: (ending: import("./ending.js").Ending) => void;
};
export type Receive = (connection: Connection, text: string) => import("./ending.js").Ending | undefined;
export {};
