/**
 * Tells when this page goes away and comes back. Outside a page nothing ever happens.
 * @param {object} on
 * @param {() => void} on.hide the page is being left: nothing it does from now on may change what the next one reads
 * @param {() => void} on.show it came back from the browser's back/forward cache
 * @param {() => void} on.online the network is there again
 * @returns {() => void} ends it
 */
export declare function watchPage({ hide, show, online }: {
    hide: () => void;
    show: () => void;
    online: () => void;
}): () => void;
