import { element, write } from "../page.js";
import { cleanName, rememberName } from "../session.js";

/** The dialog that asks for a name, at first and whenever the player wants another. */
export class Welcome {
  /** @param {import("../session.js").Session} session */
  constructor(session) {
    this.session = session;
    this.dialog = element("welcome", HTMLDialogElement);
    this.input = element("name", HTMLInputElement);
    this.play = element("welcome-play", HTMLButtonElement);
    const watch = element("welcome-watch", HTMLAnchorElement);
    watch.href = session.watchUrl;
    /** @type {((name: string) => void) | null} */
    this.answer = null;
    element("welcome-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const name = cleanName(this.input.value);
      this.input.setCustomValidity(name ? "" : "One to sixteen letters that can be seen");
      if (!name) {
        this.input.reportValidity();
        return;
      }
      rememberName(name);
      this.dialog.close();
      this.answer?.(name);
    });
    this.input.addEventListener("input", () => this.input.setCustomValidity(""));
    this.dialog.addEventListener("cancel", (event) => {
      // Before the first name there is nothing to go back to.
      if (!this.session.name) event.preventDefault();
    });
  }

  /**
   * @param {string} present the name so far, "" at first
   * @param {(name: string) => void} answer
   */
  ask(present, answer) {
    this.answer = answer;
    this.input.value = present;
    write(element("welcome-title"), present ? "Another name" : "Onto the ice");
    write(this.play, present ? "Save" : "Play");
    element("welcome-watch").hidden = present !== "";
    this.dialog.showModal();
    this.input.select();
  }
}
