// A bot inside the simulation: the autopilot with a slower mind and a weaker engine, so that a
// player can win.

import { chooseMove } from "./autopilot.js";
import { BOT_STRENGTH, BOT_THINKS_EVERY_TICKS, DIRECTIONS, STEER_MAX } from "./numbers.js";
import { dash } from "./puck.js";

/**
 * @param {import("./world.js").World} world
 * @param {import("./actors.js").Sim} sim
 * @param {import("./world.js").Puck} puck
 */
export function tickBot(world, sim, puck) {
  // Each at its own moment: four bots that think at once would be a jolt.
  if ((world.timer + puck.slot) % BOT_THINKS_EVERY_TICKS !== 0) return;
  if (sim.random.below(12) === 0) {
    const [dx, dy] = DIRECTIONS[sim.random.below(DIRECTIONS.length)];
    puck.dx = Math.trunc((dx * BOT_STRENGTH) / STEER_MAX);
    puck.dy = Math.trunc((dy * BOT_STRENGTH) / STEER_MAX);
    return;
  }
  const move = chooseMove(world, puck, BOT_STRENGTH);
  puck.dx = move.dx;
  puck.dy = move.dy;
  if (move.dash && sim.random.below(3) === 0) dash(world, puck);
}
