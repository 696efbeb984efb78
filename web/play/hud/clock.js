// The round's clock in the bar, and a voice for those who do not see the ice.

import { nameOf } from "../names.js";
import { element, write } from "../page.js";
import { RUSH_TICKS } from "../rules/numbers.js";
import { ranking } from "../rules/referee.js";

/** @typedef {import("../rules/world.js").World} World */

const LABELS = { countdown: "Get ready", play: "Round", podium: "Next round in" };

export class Clock {
  constructor() {
    this.clock = element("clock");
    this.label = element("clock-label");
    this.time = element("clock-time");
    this.announcer = element("announcer");
    this.said = "";
  }

  /**
   * @param {World} world
   * @param {number} tickMs
   */
  update(world, tickMs) {
    if (world.round === 0) return;
    const seconds = Math.ceil((world.timer * tickMs) / 1000);
    write(this.label, world.phase === "play" ? `Round ${world.round}` : LABELS[world.phase]);
    write(this.time, `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
    this.clock.classList.toggle("rush", world.phase === "play" && world.timer <= RUSH_TICKS);
    const said = `${world.round} ${world.phase}`;
    if (said === this.said) return;
    this.said = said;
    write(this.announcer, announce(world));
  }
}

/** @param {World} world */
function announce(world) {
  if (world.phase === "countdown") return `Round ${world.round} begins.`;
  if (world.phase === "play") return "Go!";
  const [first] = ranking(world);
  return first ? `The round is over. ${nameOf(first.puck)} leads with ${first.puck.score} sparks.` : "The round is over.";
}
