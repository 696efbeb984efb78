/**
 * What went wrong with a stream. `code` is the server's error code where there is one
 * (`stream_full`, `wrong_kind`, …), a cause of an ending (`replaced`, `deleted`, `unauthorized`, …), or one of the
 * client's own: `bad_answer`, `bad_event`, `bad_name`, `bad_url`, `closed`, `no_websocket`, `outbox_full`,
 * `spectator`, `token`.
 */
export declare class StreamError extends Error {
    /** @readonly */
    code: string;
    /**
     * @param {string} code
     * @param {string} message
     * @param {unknown} [cause]
     */
    constructor(code: string, message: string, cause?: unknown);
}
