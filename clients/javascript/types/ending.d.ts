export type Remedy = "retry" | "start_over" | "renew_identity" | "renew_token" | "isolate" | "stop";
export type Cause = "joined" | "network" | "going_away" | "too_slow" | "too_big" | "epoch_changed" | "ended" | "replaced" | "deleted" | "forbidden" | "unauthorized" | "bad_request" | "conflict" | "bad_answer" | "refused" | "token" | "done" | "closed";
export type Ending = {
    remedy: Remedy;
    cause: Cause;
    /**
     * for people
     */
    message: string;
    /**
     * the server's error code
     */
    code?: string;
};
/**
 * What a WebSocket's close code means.
 * @param {number} code
 * @param {string} reason an error's code, or words for people
 * @returns {Ending}
 */
export declare function endingOfClose(code: number, reason: string): Ending;
/**
 * What an error message on the open socket means.
 * @param {string} code
 * @param {string} message
 * @returns {Ending}
 */
export declare function endingOfError(code: string, message: string): Ending;
/**
 * What an HTTP status other than 200 means.
 * @param {number} status
 * @param {string} code the error's code, or ""
 * @param {string} message
 * @returns {Ending}
 */
export declare function endingOfStatus(status: number, code: string, message: string): Ending;
/**
 * @param {string} message
 * @returns {Ending}
 */
export declare function lost(message: string): Ending;
