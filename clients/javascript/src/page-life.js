/**
 * Tells when this page goes away and comes back. Outside a page nothing ever happens.
 * @param {object} on
 * @param {() => void} on.hide the page is being left: nothing it does from now on may change what the next one reads
 * @param {() => void} on.show it came back from the browser's back/forward cache
 * @param {() => void} on.online the network is there again
 * @returns {() => void} ends it
 */
export function watchPage({ hide, show, online }) {
  if (typeof document === "undefined") return () => {};
  /** @param {PageTransitionEvent} event */
  const shown = (event) => {
    if (event.persisted) show();
  };
  addEventListener("pagehide", hide);
  addEventListener("pageshow", shown);
  addEventListener("online", online);
  return () => {
    removeEventListener("pagehide", hide);
    removeEventListener("pageshow", shown);
    removeEventListener("online", online);
  };
}
