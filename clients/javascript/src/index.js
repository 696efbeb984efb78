// The client library of stadion for browsers and Node.

export { EventStream } from "./event-stream.js";
export { StreamError } from "./stream-error.js";
export { Seed, Random } from "./random.js";
export * as fixed from "./fixed.js";
export { Hasher } from "./hash.js";
export { Lockstep, LockstepError } from "./lockstep.js";
export { Sim, SimError } from "./sim.js";
export { SimDriver } from "./sim-driver.js";
export { Pace } from "./pace.js";
export { syncTest, SyncTestError } from "./sync-test.js";
