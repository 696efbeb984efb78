/** @typedef {import("./rules/world.js").Puck} Puck */

/**
 * What to call a puck. Names are strangers' text: they are only ever drawn, or set as text.
 * @param {Puck} puck
 */
export function nameOf(puck) {
  return puck.name || `Player ${puck.id}`;
}

/**
 * @param {readonly Puck[]} pucks
 * @param {string} id a public id
 */
export function nameOfId(pucks, id) {
  const puck = pucks.find((candidate) => candidate.id === id);
  return puck ? nameOf(puck) : `Player ${id}`;
}
