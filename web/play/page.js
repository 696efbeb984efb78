/**
 * An element that the page surely has.
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} [type]
 * @returns {E}
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (!found || (type && !(found instanceof type))) throw new Error(`the page has no #${id}`);
  return /** @type {E} */ (found);
}

/**
 * A new element with a class and a text. The text is never read as HTML.
 * @param {string} tag
 * @param {string} [className]
 * @param {string} [text]
 */
export function make(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/**
 * Writes only what changed, so that screen readers and layout are left in peace.
 * @param {Element} target
 * @param {string} text
 */
export function write(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
