/** @typedef {{ type: string, body: string }} Outgoing */
export type Outgoing = {
    type: string;
    body: string;
};
/**
 * The client's events that the server has not confirmed, and the count (`Seq`) of those it has. Event number
 * `written + 1` is the first in here.
 */
export declare class Outbox {
    #private;
    /** How many of this client's events are in the stream. */
    written: number;
    get length(): number;
    /** The number of the last event in here. */
    get last(): number;
    /** @returns {readonly Outgoing[]} */
    get events(): readonly Outgoing[];
    /**
     * @param {Outgoing} event
     * @returns {boolean} false when there is no room
     */
    push(event: Outgoing): boolean;
    /**
     * The server has `written` of this client's events; they need not be kept.
     * @param {number} written
     * @returns {boolean} whether anything changed
     */
    acknowledge(written: number): boolean;
    /**
     * The server's count at the beginning of a connection stands above the own one: it may have forgotten this
     * client, or know of events that another life of this client sent.
     * @param {number} written
     */
    align(written: number): void;
    /**
     * Goes on from what was kept.
     * @param {number} written
     * @param {Outgoing[]} events
     * @param {boolean} numbered whether the server had said its first word
     */
    restore(written: number, events: Outgoing[], numbered: boolean): void;
    /**
     * The events after number `after` that go into the next message.
     * @param {number} after
     * @param {number} [eventsMax]
     * @returns {Outgoing[]}
     */
    batch(after: number, eventsMax?: number): Outgoing[];
    /**
     * Takes out the first event, which the server refuses; those after it move up by one number.
     * @returns {Outgoing | undefined}
     */
    dropFirst(): Outgoing | undefined;
    /**
     * Forgets everything and counts anew.
     * @returns {number} how many events are lost by it
     */
    clear(): number;
}
