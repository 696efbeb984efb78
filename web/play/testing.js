// What tests, and curious people, read from outside: `stadionGame` in the browser's console.

/** @param {import("./match.js").Match} match */
export function exposeForTests(match) {
  Object.defineProperty(window, "stadionGame", {
    configurable: true,
    value: {
      get tick() { return match.driver.t; },
      get lastKnown() { return match.driver.lastKnown; },
      get behind() { return match.driver.behind; },
      /** Map of tick to 16 hexadecimal digits, the latest 4,096. */
      get hashes() { return match.hashes; },
      /** Everybody's latest hash, as the server told. */
      get others() { return match.driver.hashes; },
      get publicId() { return match.me; },
      get entities() { return match.driver.sim.entities; },
      get world() { return match.world; },
      get epoch() { return match.stream.epoch; },
      get status() { return match.stream.status; },
      get desync() { return match.desync; },
    },
  });
}
