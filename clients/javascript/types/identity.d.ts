import { Outbox } from "./outbox.js";
export type IdentityOption = "tab" | "device" | "new" | {
    id: string;
};
export type KeyStorage = Pick<Storage, "getItem" | "setItem">;
/**
 * Who this client is to the server:
 * - `"tab"` (the default): a private id for each tab, kept in `sessionStorage`, so that it outlives a reload;
 * - `"device"`: one for the whole browser, kept in `localStorage`; a second tab takes the place of the first;
 * - `"new"`: made for this object and forgotten with it;
 * - `{ id }`: the caller's own secret.
 * @typedef {"tab" | "device" | "new" | { id: string }} IdentityOption
 *
 * @typedef {Pick<Storage, "getItem" | "setItem">} KeyStorage
 */
/** The private id, and beside it what has to outlive a reload: the epoch, the count and the unconfirmed events. */
export declare class Identity {
    #private;
    /** @type {string} */
    id: string;
    /** The epoch that `outbox` counts in; "" before the first answer. */
    epoch: string;
    outbox: Outbox;
    /** Whether the id may be given up for another one when a newer connection claims it. */
    renewable: boolean;
    /**
     * @param {string} key names the server and the stream
     * @param {IdentityOption} [option]
     * @param {KeyStorage | null} [storage] in place of the browser's; null: none
     */
    constructor(key: string, option?: IdentityOption, storage?: KeyStorage | null);
    /**
     * Becomes somebody else, who has sent nothing yet.
     * @returns {number} how many unconfirmed events are given up: whether the stream has them nobody can say
     */
    renew(): number;
    /**
     * The stream's life is known now. What was sent before that was meant for it.
     * @param {string} epoch
     * @returns {number} how many unconfirmed events are given up with another life
     */
    enterEpoch(epoch: string): number;
    /**
     * The stream's life is over: the count begins anew.
     * @returns {number} how many unconfirmed events are given up with it
     */
    leaveEpoch(): number;
    /** Another page of this tab may have gone on under this identity in the meantime. */
    refresh(): void;
    save(): void;
}
