// The rink on the start page: a match of bots alone, in this page, without any network. The driver
// cannot tell the difference: it gets answers, one a tick.

import { SimDriver } from "/_/client/index.js";
import { nameOf } from "/_/play/names.js";
import { Drift } from "/_/play/rules/drift.js";
import { COUNTDOWN_TICKS } from "/_/play/rules/numbers.js";
import { Stage } from "/_/play/view/stage.js";

const TICK_MS = 50;
/** A few seconds into the first round, so that there is something to see at once. */
const HEAD_START_TICKS = COUNTDOWN_TICKS + 100;

const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById("rink"));
const hold = /** @type {HTMLButtonElement} */ (document.getElementById("hold"));

const game = new Drift();
const driver = new SimDriver(game, { hashEvery: 0, tickMs: TICK_MS });
const stage = new Stage(canvas);
let tick = HEAD_START_TICKS;

const seed = crypto.getRandomValues(new Uint32Array(1))[0];
driver.onAnswer({ T: tick, Events: [{ T: 1, Type: "_a", Origin: "_", Body: String(seed) }] });
driver.catchUp();
game.world.effects.length = 0;

function draw() {
  stage.draw(game.world, { alpha: driver.interpolation, now: performance.now(), me: "", steer: null, nameOf });
  game.world.effects.length = 0;
}

let clock = 0;

function play() {
  clock = window.setInterval(() => {
    if (document.visibilityState === "hidden") return;
    tick += 1;
    driver.onAnswer({ T: tick, Events: [] });
  }, TICK_MS);
  driver.start(draw);
}

function pause() {
  clearInterval(clock);
  driver.stop();
}

hold.addEventListener("click", () => {
  const held = hold.getAttribute("aria-pressed") !== "true";
  hold.setAttribute("aria-pressed", String(held));
  hold.textContent = held ? "Go on" : "Pause";
  if (held) pause();
  else play();
});

if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
  draw();
  hold.setAttribute("aria-pressed", "true");
  hold.textContent = "Go on";
} else {
  play();
}
