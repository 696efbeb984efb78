// The podium between two rounds.

import { nameOf } from "../names.js";
import { element, make } from "../page.js";
import { ranking } from "../rules/referee.js";

/** @typedef {import("../rules/world.js").World} World */

const STEPS = ["first", "second", "third"];

export class Podium {
  constructor() {
    this.card = element("podium");
    this.shownRound = 0;
  }

  /**
   * @param {World} world
   * @param {string} me
   */
  update(world, me) {
    const open = world.phase === "podium" && world.round > 0;
    this.card.hidden = !open;
    if (!open || this.shownRound === world.round) return;
    this.shownRound = world.round;
    const ranked = ranking(world);
    const mine = ranked.find(({ puck }) => puck.id === me);
    const steps = make("ol");
    ranked.slice(0, STEPS.length).forEach(({ place, puck }, index) => {
      const step = make("li", `${STEPS[index]} slot-${puck.slot}`);
      step.append(make("b", "", nameOf(puck)), make("span", "", sparks(puck.score)), make("span", "step", String(place)));
      steps.append(step);
    });
    this.card.replaceChildren(
      make("h2", "", headline(ranked)),
      make("p", "", mine ? `You came ${ordinal(mine.place)} of ${ranked.length} with ${sparks(mine.puck.score)}.` : `Round ${world.round} is over.`),
      steps,
    );
  }

  /** A new epoch counts its rounds anew. */
  reset() {
    this.shownRound = 0;
  }
}

/** @param {ReturnType<typeof ranking>} ranked */
function headline(ranked) {
  const firsts = ranked.filter(({ place, puck }) => place === 1 && puck.score > 0);
  if (firsts.length === 0) return "Nobody wins";
  if (firsts.length > 1) return `${firsts.length} share the win`;
  return `${nameOf(firsts[0].puck)} wins`;
}

/** @param {number} count */
function sparks(count) {
  return count === 1 ? "1 spark" : `${count} sparks`;
}

/** @param {number} place 1 to 8 */
function ordinal(place) {
  return ["", "1st", "2nd", "3rd"][place] ?? `${place}th`;
}
