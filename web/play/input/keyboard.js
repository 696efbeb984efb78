/** @type {Record<string, [number, number]>} where keys point, on the screen */
const ARROWS = {
  ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
  KeyW: [0, -1], KeyS: [0, 1], KeyA: [-1, 0], KeyD: [1, 0],
};
const DASH_KEYS = new Set(["Space", "ShiftLeft", "ShiftRight"]);

/**
 * @param {{steer(direction: [number, number]): void, dash(): void}} to directions on the screen
 */
export function wireKeyboard(to) {
  /** @type {Set<string>} */
  const held = new Set();
  const tell = () => {
    let [x, y] = [0, 0];
    for (const code of held) {
      x += ARROWS[code][0];
      y += ARROWS[code][1];
    }
    const length = Math.hypot(x, y);
    to.steer(length === 0 ? [0, 0] : [x / length, y / length]);
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isElsewhere(event)) return;
    if (event.code in ARROWS) {
      event.preventDefault();
      if (event.repeat) return;
      held.add(event.code);
      tell();
    } else if (DASH_KEYS.has(event.code) && !event.repeat) {
      event.preventDefault();
      to.dash();
    }
  });
  addEventListener("keyup", (event) => {
    if (held.delete(event.code)) tell();
  });
  // A key that is released in another window would stay held for ever.
  addEventListener("blur", () => {
    if (held.size === 0) return;
    held.clear();
    tell();
  });
}

/** Whether the key belongs to something else on the page: a field, a button, the dialog. @param {KeyboardEvent} event */
function isElsewhere(event) {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("dialog, input, textarea")) return true;
  return event.code === "Space" && target.closest("button, a, summary") !== null;
}
