// The client library of stadion for browsers and Node.

export { EventStream } from "./event-stream.js";
export { Reader } from "./reader.js";
export { StreamError } from "./stream-error.js";
export { Seed, Random } from "./random.js";
export * as fixed from "./fixed.js";
export { Hasher } from "./hash.js";
export { Lockstep, LockstepError } from "./lockstep.js";
export { Sim, SimError } from "./sim.js";
export { SimDriver } from "./sim-driver.js";
export { Pace } from "./pace.js";
export { syncTest, SyncTestError } from "./sync-test.js";

/** @typedef {import("./answer.js").Answer} Answer */
/** @typedef {import("./answer.js").StreamEvent} StreamEvent */
/** @typedef {import("./read-cursor.js").ReadEvent} ReadEvent */
/** @typedef {import("./reader.js").ReaderOptions} ReaderOptions */
/** @typedef {import("./reader.js").ReaderHandlers} ReaderHandlers */
/** @typedef {import("./lockstep.js").Request} Request */
/** @typedef {import("./sim.js").Entity} Entity */
/** @typedef {import("./sim.js").ClientEvent} ClientEvent */
/** @typedef {import("./sim.js").SavedSim} SavedSim */
/** @typedef {import("./sim-driver.js").SimDriverOptions} SimDriverOptions */
/** @typedef {import("./sim-driver.js").Transport} Transport */
/**
 * @template {Entity} [E=any]
 * @typedef {import("./sim.js").Game<E>} Game
 */
