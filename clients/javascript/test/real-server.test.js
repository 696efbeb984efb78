import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Recorder, Socket, Storage, numbers, until } from "./recorder.js";
import { RealServer, Wire, built } from "./real-server.js";

const skip = built ? false : "the program is not built: cargo build -p stadion";

/** @type {RealServer} */
let server;
/** @type {Wire} */
let wire;
let url = "";
/** @type {Recorder[]} */
let recorders = [];
let games = 0;
let name = "";

before(async () => {
  if (skip) return;
  server = new RealServer();
  wire = new Wire();
  wire.port = await server.ready();
  url = await wire.listen();
});

after(async () => {
  if (skip) return;
  await wire.close();
  await server.end();
});

afterEach(() => {
  for (const { stream } of recorders) stream.close();
  recorders = [];
});

/** @param {import("../src/stream-options.js").StreamOptions & { watch?: boolean }} [options] */
function join(options = {}) {
  const recorder = new Recorder(url, name, options);
  recorders.push(recorder);
  return recorder;
}

/** @param {string} title @param {() => Promise<void>} body */
function game(title, body) {
  test(title, { skip }, async () => {
    name = `game:${++games}`;
    await body();
  });
}

/** All saw one log: the same events up to the tick that all know. */
function assertOneLog(/** @type {Recorder[]} */ ...all) {
  const both = Math.min(...all.map(({ tick }) => tick));
  const logs = all.map(({ events }) => events.filter(({ T }) => T <= both));
  for (const log of logs) assert.deepEqual(log, logs[0]);
}

game("push, poll and watch see one log, through lost connections and lost answers", async () => {
  const pushed = join();
  const polled = join({ WebSocket: null, pollMs: 20 });
  await Promise.all([pushed.joined(), polled.joined()]);
  const watcher = join({ watch: true, every: 3 });
  for (let i = 1; i <= 40; i++) {
    pushed.stream.send("a", String(i));
    polled.stream.send("b", String(i));
    if (i === 10) wire.cut();
    if (i === 20) {
      // Written, but nobody hears that it is.
      wire.deaf = true;
      pushed.stream.send("last", "words");
      await until(() => pushed.stream.unconfirmed > 0, "something unconfirmed");
      wire.cut();
      wire.deaf = false;
    }
    await pushed.got("a", i - 3);
  }
  for (const recorder of [pushed, polled, watcher]) {
    assert.deepEqual(await recorder.got("a", 40), numbers(1, 40));
    assert.deepEqual(await recorder.got("b", 40), numbers(1, 40));
    assert.deepEqual(recorder.bodies("last"), ["words"]);
    assert.equal(recorder.resets.length, 1);
    assert.deepEqual(recorder.errors, []);
  }
  await until(() => pushed.stream.unconfirmed + polled.stream.unconfirmed === 0, "all confirmations");
  assertOneLog(pushed, polled, watcher);
});

game("a reload keeps its public id and its events", async () => {
  const storage = new Storage();
  for (const WebSocket of [Socket, null]) {
    const first = join({ storage, identity: "tab", WebSocket });
    await first.joined();
    first.stream.send("a", "before");
    first.stream.close();
  }
  const last = join({ storage, identity: "tab" });
  assert.deepEqual(await last.got("a", 2), ["before", "before"]);
  assert.equal(last.stream.publicId, "1");
});

game("a duplicated tab keeps the id, the older one gets another", async () => {
  const storage = new Storage();
  const older = join({ storage, identity: "tab" });
  await older.joined();
  const newer = join({ storage: new Storage(storage), identity: "tab" });
  await until(() => older.stream.publicId === "2", "the older one's new name");
  older.stream.send("a", "2");
  newer.stream.send("a", "1");
  await Promise.all([older.got("a", 2), newer.got("a", 2)]);
  assert.equal(newer.stream.publicId, "1");
  assertOneLog(older, newer);
});

game("state and hashes reach the others, a desync is told", async () => {
  const one = join();
  const two = join();
  await Promise.all([one.joined(), two.joined()]);
  one.stream.setState({ name: "Ada" });
  await until(() => two.states.some(({ Data }) => Data["name"] === "Ada"), "the state");
  /** @type {import("../src/answer.js").Answer | undefined} */
  let last;
  const { onAnswer } = two.stream;
  two.stream.onAnswer = (answer) => {
    onAnswer?.(answer);
    last = answer;
  };
  const t = Math.min(one.tick, two.tick);
  one.stream.reportHash(t, "0123456789abcdef");
  two.stream.reportHash(t, "fedcba9876543210");
  await until(() => last?.Desync !== undefined, "the desync");
  assert.equal(last?.Desync?.T, t);
  assert.equal(last?.Hashes?.length, 2);
});

game("a server that was started anew has another epoch: everybody starts over", async () => {
  const pushed = join();
  const polled = join({ WebSocket: null, pollMs: 20 });
  for (const { stream } of [pushed, polled]) stream.send("a", "old");
  await Promise.all([pushed.got("a", 2), polled.got("a", 2)]);
  const fresh = new RealServer();
  wire.port = await fresh.ready();
  await server.end("SIGTERM");
  server = fresh;
  await until(() => pushed.resets.length + polled.resets.length === 4, "both resets");
  for (const { stream } of [pushed, polled]) stream.send("a", "new");
  for (const recorder of [pushed, polled]) {
    assert.deepEqual(await recorder.got("a", 2), ["new", "new"]);
    assert.deepEqual(recorder.resets.map(({ reason }) => reason), ["joined", "epoch_changed"]);
  }
  assertOneLog(pushed, polled);
});
