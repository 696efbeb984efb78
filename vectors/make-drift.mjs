// Writes vectors/drift.json: a match of Drift as a stream's answers, and the state's hash after each
// tick. Run it after a change of the rules: `node vectors/make-drift.mjs`.
//
// The players come and go, up to eleven at once, some play well, some press keys at random, and some
// send what no honest client would.

import { writeFileSync } from "node:fs";
import { chooseMove, Drift, Random, Seed, SimDriver } from "../web/test/rules-in-node.js";

const TICKS = 3_200;
const PLAYERS = 12;
const SEED = "8157455327416287193";

const JUNK = [
  ["steer", ""], ["steer", "16,16"], ["steer", "17,0"], ["steer", "1.5,0"], ["steer", " 1,2"], ["steer", "1,2 "],
  ["steer", "+1,2"], ["steer", "1,2,3"], ["steer", "100,0"], ["steer", "--1,0"], ["steer", "1,"], ["steer", "١,٢"],
  ["steer", "1,2\n"], ["steer", "null"], ["steer", "-0,-0"], ["steer", "00,08"], ["steer", "-16,0"],
  ["dash", "now"], ["fly", "up"], ["", ""], ["name", ""], ["name", "seventeen letters"], ["name", "sixteen letters!"],
  ["name", "a\nb"], ["name", "\u202eevil"], ["name", "zero\u200bwidth"], ["name", "⛸️⛸️"], ["name", "🐧🐧🐧🐧🐧🐧🐧🐧🐧🐧🐧🐧🐧🐧🐧🐧"],
  ["name", "🐧🐧🐧🐧🐧🐧🐧🐧🐧🐧🐧🐧🐧🐧🐧🐧🐧"], ["name", "日本の氷"], ["name", "e\u0301t\u00e9"], ["name", "<b>bold</b>"],
  ["name", "\u0085"], ["name", "\u00a0"], ["name", "x\ufeff"], ["name", "\u2028"], ["name", "\u061c"],
];

const dice = new Random(new Seed(2026, 11), 1);
const game = new Drift();
/** @type {string[]} */
const hashes = [];
const driver = new SimDriver(game, { onHash: (_t, hash) => hashes.push(hash) });
/** @type {Set<string>} */
const present = new Set();
const answers = [];
let known = 0;

/** What one client says in front of a tick. @param {string} id @returns {[string, string][]} */
function say(id) {
  const puck = game.world.pucks.find((candidate) => candidate.id === id);
  if (!puck) return dice.below(20) === 0 ? [["steer", "16,0"]] : [];
  const manner = Number(id) % 3;
  if (manner === 0 && dice.below(4) === 0) {
    const move = chooseMove(game.world, puck, 16);
    const steer = /** @type {[string, string]} */ (["steer", `${move.dx},${move.dy}`]);
    return move.dash ? [steer, ["dash", ""]] : [steer];
  }
  if (manner === 1 && dice.below(9) === 0) {
    return [["steer", `${dice.range(-11, 12)},${dice.range(-11, 12)}`], ...(dice.below(5) === 0 ? [/** @type {[string, string]} */ (["dash", ""])] : [])];
  }
  if (manner === 2 && dice.below(12) === 0) return [/** @type {[string, string]} */ (JUNK[dice.below(JUNK.length)])];
  return [];
}

/** Many come early, some go, all but two are gone in the middle, then the rink fills up again. @param {number} t */
function wanted(t) {
  if (t < 30) return 1;
  if (t < 700) return 5;
  if (t < 1_500) return 11;
  return t < 2_100 ? 2 : 8;
}

/** @param {number} t */
function eventsOf(t) {
  /** @type {{T: number, Type: string, Origin: string, Body: string}[]} */
  const events = [];
  const add = (/** @type {string} */ Type, /** @type {string} */ Origin, /** @type {string} */ Body) => events.push({ T: t, Type, Origin, Body });
  if (t === 1) add("_a", "_", SEED);
  const free = Array.from({ length: PLAYERS }, (_, index) => String(index + 1)).filter((id) => !present.has(id));
  if (present.size < wanted(t) && (t === 1 || dice.below(6) === 0)) {
    const id = free[dice.below(free.length)];
    present.add(id);
    add("_c", "_", id);
    if (dice.below(3) > 0) add("name", id, `Player ${id}!`);
  } else if (present.size > wanted(t) || (present.size > 1 && dice.below(120) === 0)) {
    const id = [...present][dice.below(present.size)];
    present.delete(id);
    add("_d", "_", id);
  }
  // A server that came back from a restart says again who is there.
  if (t === 900) for (const id of present) add("_c", "_", id);
  for (const id of [...present, "999"]) for (const [type, body] of say(id)) add(type, id, body);
  return events;
}

while (known < TICKS) {
  const T = Math.min(TICKS, known + 1 + (dice.below(3) === 0 ? dice.below(6) : 0));
  // As the server does it: whatever comes is stamped with the first tick that was not yet announced.
  const answer = { T, Events: eventsOf(known + 1) };
  known = T;
  answers.push(answer);
  driver.onAnswer(answer);
  driver.catchUp();
  game.world.effects.length = 0;
}

const lines = answers.map((answer) => JSON.stringify(answer)).join(",\n");
const rows = [];
for (let at = 0; at < hashes.length; at += 8) rows.push(hashes.slice(at, at + 8).map((hash) => JSON.stringify(hash)).join(","));
writeFileSync(
  new URL("drift.json", import.meta.url),
  `{"about":"A match of Drift: a stream's answers, and the hash of the state after tick 1, 2, … (made by vectors/make-drift.mjs)",\n"answers":[\n${lines}\n],\n"hashes":[\n${rows.join(",\n")}\n]}\n`,
);
console.log(`${answers.length} answers, ${hashes.length} hashes, last ${hashes.at(-1)}`);
