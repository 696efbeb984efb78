import assert from "node:assert/strict";
import test from "node:test";
import { SimDriver, syncTest } from "../src/index.js";
import { golden } from "./golden.js";
import { TICKS, hashOfEvents, script } from "./script.js";
import { Swarm } from "./swarm.js";

const [made, ...states] = golden("lockstep-script.json").states;

test("both languages make the same script", () => {
  const answers = script();
  assert.deepEqual({ script: hashOfEvents(answers), answers: answers.length }, made);
});

test("ten thousand ticks of a random script end in Rust's state, and pass through it", () => {
  const driver = new SimDriver(new Swarm());
  const played = [];
  for (const answer of script()) {
    driver.onAnswer(answer);
    while (driver.step()) {
      if (driver.t % 100 === 0) played.push({ ...driver.lastHash, entities: driver.sim.entities.length });
    }
  }
  assert.equal(driver.t, TICKS);
  assert.deepEqual(played, states);
});

test("the script is deterministic by its own sync test", () => {
  assert.equal(syncTest(() => new Swarm(), script()), TICKS);
});

test("a simulation that is saved and loaded in the middle goes on as if nothing had been", () => {
  const answers = script();
  const first = new SimDriver(new Swarm());
  for (const answer of answers.slice(0, 2000)) first.onAnswer(answer);
  first.catchUp();
  const saved = JSON.parse(JSON.stringify(first.save()));
  const second = new SimDriver(new Swarm());
  second.load(saved);
  for (const answer of answers.slice(2000)) second.onAnswer(answer);
  second.catchUp();
  assert.deepEqual(second.lastHash, { t: TICKS, hash: states.at(-1).hash });
});
