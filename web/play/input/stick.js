// A stick that is wherever the finger (or the mouse) goes down; a second finger dashes.

import { element } from "../page.js";

const REACH = 48;

/**
 * @param {HTMLElement} surface
 * @param {{steer(direction: [number, number]): void, dash(): void}} to directions on the screen
 */
export function wireStick(surface, to) {
  const stick = element("stick");
  const knob = element("stick-knob");
  /** @type {{pointer: number, x: number, y: number} | null} */
  let held = null;

  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (held) {
      to.dash();
      return;
    }
    const box = surface.getBoundingClientRect();
    held = { pointer: event.pointerId, x: event.clientX, y: event.clientY };
    surface.setPointerCapture(event.pointerId);
    stick.hidden = false;
    stick.style.transform = `translate(${event.clientX - box.left}px, ${event.clientY - box.top}px)`;
    knob.style.transform = "";
  });

  surface.addEventListener("pointermove", (event) => {
    if (!held || event.pointerId !== held.pointer) return;
    let x = (event.clientX - held.x) / REACH;
    let y = (event.clientY - held.y) / REACH;
    const length = Math.hypot(x, y);
    if (length > 1) {
      x /= length;
      y /= length;
    }
    knob.style.transform = `translate(${x * REACH}px, ${y * REACH}px)`;
    to.steer([x, y]);
  });

  /** @param {PointerEvent} event */
  const release = (event) => {
    if (!held || event.pointerId !== held.pointer) return;
    held = null;
    stick.hidden = true;
    to.steer([0, 0]);
  };
  surface.addEventListener("pointerup", release);
  surface.addEventListener("pointercancel", release);
  surface.addEventListener("contextmenu", (event) => event.preventDefault());
}
