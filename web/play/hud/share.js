import { element, write } from "../page.js";

const SAID_MS = 2_500;

/**
 * The invite button: the system's share sheet on a phone, else the clipboard.
 * @param {import("../session.js").Session} session
 */
export function wireShare(session) {
  const button = element("share", HTMLButtonElement);
  const label = element("share-label");
  let timer = 0;
  /** @param {string} text */
  const say = (text) => {
    write(label, text);
    clearTimeout(timer);
    timer = window.setTimeout(() => write(label, "Invite"), SAID_MS);
  };
  button.addEventListener("click", async () => {
    const coarse = matchMedia("(pointer: coarse)").matches;
    try {
      if (coarse && navigator.share) {
        await navigator.share({ title: "Drift", text: "Play a round of Drift with me", url: session.shareUrl });
        return;
      }
      await navigator.clipboard.writeText(session.shareUrl);
      say("Link copied");
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      // No clipboard without HTTPS, except on this machine: then one copies by hand.
      window.prompt("Copy this link and send it to your friends:", session.shareUrl);
    }
  });
}
