import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { EventStream } from "../src/event-stream.js";
import { FakeServer } from "./fake-server.js";
import { Recorder, Socket, Storage, numbers, until } from "./recorder.js";

/** @type {FakeServer} */
let server;
let url = "";
/** @type {Recorder[]} */
let recorders = [];

beforeEach(async () => {
  server = new FakeServer();
  url = await server.listen();
});

afterEach(async () => {
  for (const { stream } of recorders) stream.close();
  recorders = [];
  await server.close();
});

/** @param {import("../src/stream-options.js").StreamOptions & { watch?: boolean, name?: string }} [options] */
function join({ name = "game:1", ...options } = {}) {
  const recorder = new Recorder(url, name, options);
  recorders.push(recorder);
  return recorder;
}

/** What was handed out is the log up to the last known tick: no gap, no duplicate, the same order. */
function assertWholeLog(/** @type {Recorder} */ recorder) {
  const log = server.life("game:1").log.filter(({ T }) => T <= recorder.tick);
  assert.deepEqual(recorder.events, log);
}

test("a client joins: reset, then answers from tick 0 on, its own events among them", async () => {
  const one = join();
  one.stream.send("move", "left");
  assert.deepEqual(await one.got("move", 1), ["left"]);
  assert.deepEqual(one.resets, [{ epoch: server.life("game:1").epoch, reason: "joined", dropped: 0 }]);
  assert.deepEqual(one.statuses, ["connecting joined", "open joined"]);
  assert.deepEqual(
    one.events.map(({ Type, Origin, Body }) => [Type, Origin, Body]),
    [["_a", "_", "4711"], ["_c", "_", "1"], ["move", "1", "left"]],
  );
  assert.equal(one.stream.publicId, "1");
  await until(() => one.stream.unconfirmed === 0, "the confirmation");
  assert.ok(/** @type {number} */ (one.stream.pingMs) >= 0);
  assertWholeLog(one);
});

test("lost connections leave no gap and no duplicate, in what comes and in what goes", async () => {
  const one = join();
  const two = join();
  await Promise.all([one.joined(), two.joined()]);
  for (let i = 1; i <= 60; i++) {
    one.stream.send("a", String(i));
    two.stream.send("b", String(i));
    if (i === 20) server.cut();
    if (i === 35 || i === 50) server.loseMessages = 1;
    await one.got("a", i - 5);
  }
  assert.deepEqual(await one.got("a", 60), numbers(1, 60));
  assert.deepEqual(await two.got("b", 60), numbers(1, 60));
  await until(() => one.stream.unconfirmed + two.stream.unconfirmed === 0, "all confirmations");
  assert.deepEqual(server.life("game:1").log.filter(({ Type }) => Type === "a").map(({ Body }) => Body), numbers(1, 60));
  for (const recorder of [one, two]) {
    assertWholeLog(recorder);
    assert.equal(recorder.resets.length, 1, "a lost connection is no new life");
    assert.ok(recorder.statuses.includes("waiting network"));
  }
});

test("without a WebSocket it polls, and lost answers do not write events twice", async () => {
  const one = join({ WebSocket: null, pollMs: 5 });
  await one.joined();
  assert.deepEqual(one.statuses, ["connecting joined", "polling joined"]);
  for (let i = 1; i <= 30; i++) {
    one.stream.send("a", String(i));
    if (i % 10 === 0) server.loseAnswers = 2;
    await one.got("a", i - 3);
  }
  assert.deepEqual(await one.got("a", 30), numbers(1, 30));
  assertWholeLog(one);
  assert.equal(server.requests.upgrades, 0);
  assert.ok(/** @type {number} */ (one.stream.pingMs) > 0);
});

test("when upgrades are refused it polls and takes the WebSocket once there is one", async () => {
  server.refuseUpgrades = 403;
  const one = join({ pollMs: 5, retrySocketMs: 20 });
  one.stream.send("a", "1");
  await one.got("a", 1);
  assert.equal(one.stream.status, "polling");
  server.refuseUpgrades = undefined;
  await until(() => one.stream.status === "open", "the WebSocket");
  one.stream.send("a", "2");
  assert.deepEqual(await one.got("a", 2), ["1", "2"]);
  const posts = server.requests.posts;
  one.stream.send("a", "3");
  await one.got("a", 3);
  assert.equal(server.requests.posts, posts, "polling has ended");
  assert.equal(one.resets.length, 1);
  assertWholeLog(one);
});

test("a poll whose answer was cut asks again at once for the rest", async () => {
  const first = join();
  await first.joined();
  const big = "x".repeat(2_000);
  for (let i = 0; i < 100; i++) {
    first.stream.send("big", big);
    if (i % 10 === 9) await first.got("big", i + 1);
  }
  await until(() => first.stream.lastKnownTick > 0 && first.stream.unconfirmed === 0, "all that is big");
  server.answerEventsMax = 50;
  const pollMs = 3_000;
  const started = performance.now();
  const late = join({ WebSocket: null, pollMs });
  await late.got("big", 100);
  assert.ok(performance.now() - started < pollMs, "it did not wait between the parts");
  assertWholeLog(late);
});

test("a changed epoch starts over from tick 0, says so, and counts anew", async () => {
  for (const WebSocket of [Socket, null]) {
    const name = `game:${WebSocket ? "push" : "poll"}`;
    const one = join({ name, WebSocket, pollMs: 5 });
    one.stream.send("a", "1");
    one.stream.send("a", "2");
    await one.got("a", 2);
    await until(() => one.stream.unconfirmed === 0, "the confirmation");
    const before = one.stream.epoch;
    server.forget(name);
    await until(() => one.resets.length === 2, "the reset");
    assert.deepEqual(one.resets[1], { epoch: server.life(name).epoch, reason: "epoch_changed", dropped: 0 });
    assert.notEqual(one.stream.epoch, before);
    one.stream.send("a", "3");
    assert.deepEqual(await one.got("a", 1), ["3"]);
    assert.equal(server.life(name).clients.values().next().value?.seq, 1);
  }
});

test("what was sent into an epoch that is gone is given up and counted", async () => {
  const storage = new Storage();
  const one = join({ storage, identity: "tab" });
  await one.joined();
  one.stream.close();
  server.forget("game:1");
  storage.setItem(
    `stadion ${url} game:1`,
    JSON.stringify({ ...storage.record, events: [["a", "lost"], ["a", "lost too"]] }),
  );
  const again = join({ storage, identity: "tab" });
  await again.joined();
  assert.deepEqual(again.resets, [{ epoch: server.life("game:1").epoch, reason: "joined", dropped: 2 }]);
  again.stream.send("b", "new");
  await again.got("b", 1);
  assert.deepEqual(again.bodies("a"), []);
});

test("a reload keeps the private id and loses no event and writes none twice", async () => {
  const storage = new Storage();
  const before = join({ storage, identity: "tab" });
  await before.joined();
  before.stream.send("a", "1");
  await before.got("a", 1);
  // The first of these is written and its confirmation never comes, the second never leaves the page.
  server.loseMessages = 1;
  before.stream.send("a", "2");
  await until(() => server.loseMessages === 0, "the loss");
  before.stream.send("a", "3");
  assert.equal(storage.record.events.at(-1)[1], "3");
  before.stream.close();

  const after = join({ storage, identity: "tab" });
  assert.deepEqual(await after.got("a", 3), ["1", "2", "3"]);
  after.stream.send("a", "4");
  assert.deepEqual(await after.got("a", 4), numbers(1, 4));
  assert.equal(after.stream.publicId, "1");
  assert.deepEqual(after.resets.map(({ reason }) => reason), ["joined"]);
  assertWholeLog(after);
});

test("one that knows its id but not its count goes on from the server's", async () => {
  for (const body of ["1", "2", "3"]) {
    const one = join({ identity: { id: "known" } });
    one.stream.send("a", body);
    await one.got("a", Number(body));
    one.stream.close();
  }
  const last = join({ identity: { id: "known" } });
  assert.deepEqual(await last.got("a", 3), ["1", "2", "3"]);
});

test("a duplicated tab keeps the id, the older one goes on under a new one, and both stay", async () => {
  const storage = new Storage();
  const older = join({ storage, identity: "tab" });
  older.stream.send("a", "1");
  await older.got("a", 1);
  await until(() => older.stream.unconfirmed === 0, "the confirmation");
  const id = storage.record.id;

  const copied = new Storage(storage);
  const newer = join({ storage: copied, identity: "tab" });
  await until(() => older.stream.publicId === "2", "the older one's new name");
  await newer.joined();
  assert.ok(older.statuses.includes("connecting replaced"));
  assert.equal(copied.record.id, id);
  assert.notEqual(storage.record.id, id);
  assert.equal(newer.stream.publicId, "1");

  older.stream.send("a", "from 2");
  newer.stream.send("a", "from 1");
  await Promise.all([older.got("a", 3), newer.got("a", 3)]);
  const origins = Object.fromEntries(older.events.filter(({ Type }) => Type === "a").map(({ Body, Origin }) => [Body, Origin]));
  assert.deepEqual(origins, { 1: "1", "from 2": "2", "from 1": "1" });
  assert.deepEqual(older.statuses.slice(2), ["waiting replaced", "connecting replaced", "open replaced"], "once");
  assert.ok(!newer.statuses.some((status) => status.endsWith("replaced")), "they do not fight");
  assert.equal(older.resets.length, 1, "the stream is the same, so nothing begins anew");
  assertWholeLog(older);
  assertWholeLog(newer);
});

test("a page that is being left changes nothing that its reload reads, and may come back", async () => {
  const page = new EventTarget();
  const globals = /** @type {any} */ (globalThis);
  Object.assign(globals, {
    document: {},
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
  });
  try {
    const storage = new Storage();
    const left = join({ storage, identity: "tab" });
    await left.joined();
    const id = storage.record.id;
    // The server has not noticed that the old socket is gone when the reloaded page comes.
    page.dispatchEvent(new Event("pagehide"));
    const reloaded = join({ storage, identity: "tab" });
    reloaded.stream.send("a", "1");
    await reloaded.got("a", 1);
    assert.deepEqual([storage.record.id, reloaded.stream.publicId], [id, "1"]);
    assert.ok(!left.statuses.some((status) => status.endsWith("replaced")));
    reloaded.stream.close();

    const answers = left.answers;
    page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    await until(() => left.answers > answers, "answers after it came back");
    assertWholeLog(left);
  } finally {
    for (const { stream } of recorders) stream.close();
    for (const name of ["document", "addEventListener", "removeEventListener"]) delete globals[name];
  }
});

test("two clients that poll under one id notice it, and one gets another id", async () => {
  const storage = new Storage();
  const poll = { WebSocket: null, pollMs: 5, identity: /** @type {const} */ ("tab") };
  const older = join({ storage, ...poll });
  await older.joined();
  const newer = join({ storage: new Storage(storage), ...poll });
  await newer.joined();
  newer.stream.send("a", "1");
  await until(() => older.stream.publicId === "2", "the older one's new name");
  older.stream.send("a", "2");
  assert.deepEqual((await newer.got("a", 2)).sort(), ["1", "2"]);
  assert.equal(newer.stream.publicId, "1");
});

test("an identity that is the caller's own is not given up: the older connection closes", async () => {
  const older = join({ identity: { id: "one device" } });
  await older.joined();
  const newer = join({ identity: { id: "one device" } });
  await newer.joined();
  await until(() => older.stream.status === "closed", "the older one's end");
  assert.deepEqual(older.errors, ["replaced"]);
  assert.equal(newer.stream.publicId, "1");
  assert.throws(() => older.stream.send("a"), { code: "closed" });
});

test("close codes: some are come back to, some are final", async () => {
  /** @type {[number, string, string | undefined][]} */
  const cases = [
    [1001, "going_away", undefined],
    [4011, "too_slow", undefined],
    [1011, "network", undefined],
    [1008, "forbidden", "forbidden"],
    [4110, "deleted", "deleted"],
    [4400, "bad_request", "bad_request"],
    [4409, "conflict", "conflict"],
  ];
  for (const [code, cause, error] of cases) {
    const one = join({ name: `game:${code}` });
    await one.joined();
    server.closeSockets(code);
    if (error) {
      await until(() => one.stream.status === "closed", `the end after ${code}`);
      assert.deepEqual([one.statuses.at(-1), one.errors], [`closed ${cause}`, [error]]);
    } else {
      await until(() => one.statuses.filter((status) => status.startsWith("open")).length === 2, `the return after ${code}`);
      assert.ok(one.statuses.includes(`waiting ${cause}`));
      one.stream.close();
    }
  }
});

test("a stream that ended begins anew for a player", async () => {
  const one = join();
  await one.joined();
  server.streams.delete("game:1");
  server.closeSockets(4112);
  await until(() => one.resets.length === 2, "the new life");
  assert.equal(one.resets[1]?.reason, "ended");
});

test("one refused event is found and taken out; those around it are written once, in order", async () => {
  for (const WebSocket of [Socket, null]) {
    const one = join({ name: `game:${WebSocket ? "push" : "poll"}`, WebSocket, pollMs: 5 });
    await one.joined();
    server.refusedTypes.add("bad");
    for (let i = 1; i <= 5; i++) one.stream.send("a", String(i));
    one.stream.send("bad", "");
    for (let i = 6; i <= 9; i++) one.stream.send("a", String(i));
    assert.deepEqual(await one.got("a", 9), numbers(1, 9));
    assert.ok(one.errors.includes("bad_request"));
    await until(() => one.stream.unconfirmed === 0, "the confirmation");
    one.stream.close();
  }
});

test("an event that is too big is found and taken out", async () => {
  server.bytesMax = 1_000;
  for (const WebSocket of [Socket, null]) {
    const one = join({ name: `game:${WebSocket ? "push" : "poll"}`, WebSocket, pollMs: 5 });
    await one.joined();
    one.stream.send("a", "1");
    one.stream.send("big", "x".repeat(1_000));
    one.stream.send("a", "2");
    assert.deepEqual(await one.got("a", 2), ["1", "2"]);
    assert.ok(one.errors.includes("too_big"));
    assert.deepEqual(one.bodies("big"), []);
  }
});

test("an expired credential is replaced by a fresh one, a fixed one that is refused is final", async () => {
  server.tokens = new Set(["fresh"]);
  let asked = 0;
  const token = async () => (++asked === 1 ? "stale" : "fresh");
  for (const WebSocket of [Socket, null]) {
    asked = 0;
    const one = join({ token, WebSocket });
    await one.joined();
    assert.equal(asked, 2);
    const stale = join({ token: "stale", WebSocket });
    await until(() => stale.stream.status === "closed", "the end");
    assert.equal(stale.statuses.at(-1), "closed unauthorized");
  }
});

test("state is set, and set again after a lost connection", async () => {
  const one = join();
  await one.joined();
  one.stream.setState({ ready: "yes" });
  await until(() => one.states.length === 1, "the state");
  assert.deepEqual(one.states[0]?.Data, { ready: "yes" });
  for (const client of server.life("game:1").clients.values()) delete client.state;
  server.cut();
  await until(() => one.statuses.includes("waiting network") && one.states.length === 1, "the state again");
});

test("a spectator waits for the stream, sees everything, and is nobody", async () => {
  const watcher = join({ watch: true });
  await until(() => watcher.statuses.includes("waiting epoch_changed"), "the wait");
  assert.equal(server.streams.size, 0, "watching makes no stream");
  const one = join();
  one.stream.send("a", "1");
  assert.deepEqual(await watcher.got("a", 1), ["1"]);
  assert.deepEqual(watcher.resets.map(({ reason }) => reason), ["joined"]);
  assert.equal(watcher.stream.publicId, "");
  assert.deepEqual(watcher.bodies("_c"), ["1"]);
  assert.throws(() => watcher.stream.send("a"), { code: "spectator" });
  server.cut();
  one.stream.send("a", "2");
  assert.deepEqual(await watcher.got("a", 2), ["1", "2"]);
  assertWholeLog(watcher);
  server.forget("game:1");
  await until(() => watcher.resets.length === 2, "the next life");
});

test("pushed every fifth tick, nothing is missing", async () => {
  const one = join({ every: 5 });
  await one.joined();
  one.stream.send("a", "1");
  await one.got("a", 1);
  assertWholeLog(one);
});

test("over a bad network the game is the same, only later", async () => {
  for (const WebSocket of [Socket, null]) {
    const name = `game:${WebSocket ? "push" : "poll"}`;
    const one = join({ name, WebSocket, pollMs: 5, simulate: { latencyMs: 20, jitterMs: 10, loss: 0.1 } });
    const two = join({ name });
    await Promise.all([one.joined(), two.joined()]);
    for (let i = 1; i <= 30; i++) {
      one.stream.send("a", String(i));
      await two.got("a", i - 10);
    }
    assert.deepEqual(await two.got("a", 30), numbers(1, 30));
    await one.got("a", 30);
    const both = Math.min(one.tick, two.tick);
    const upTo = (/** @type {Recorder} */ { events }) => events.filter(({ T }) => T <= both);
    assert.deepEqual(upTo(one), upTo(two));
    await until(() => (one.stream.pingMs ?? 0) >= 40, "a ping of both ways");
  }
});

test("a server that repeats, skips back or runs ahead is not believed", async () => {
  const cases = [
    { T: 5, Events: [{ T: 6, Type: "a", Origin: "1", Body: "" }] },
    { T: 5, Events: [{ T: 0, Type: "a", Origin: "1", Body: "" }] },
    { T: -1, Events: [] },
    { T: 5, Events: [{ T: 3, Type: "a", Origin: "1", Body: "" }, { T: 2, Type: "a", Origin: "1", Body: "" }] },
    { T: 5, Events: null },
  ];
  for (const wrong of cases) {
    const answer = { States: [], ProxyId: "1", Epoch: "E", Seq: 0, ...wrong };
    const fetch = async () => new Response(JSON.stringify(answer));
    const one = new Recorder(url, "game:1", { WebSocket: null, fetch });
    recorders.push(one);
    await until(() => one.errors.length > 0, "the complaint");
    assert.equal(one.errors[0], "bad_answer");
    assert.deepEqual([one.answers, one.events], [0, []]);
  }
});

test("misuse is said at once", () => {
  assert.throws(() => new EventStream("ftp://x", "game:1"), { code: "bad_url" });
  assert.throws(() => new EventStream("nowhere", "game:1"), { code: "bad_url" });
  for (const name of ["", "a/b", "ä".repeat(65)]) assert.throws(() => new EventStream(url, name), { code: "bad_name" });
  assert.throws(() => EventStream.watch(url, "game:1", { WebSocket: null }), { code: "no_websocket" });
  const one = join();
  assert.throws(() => one.stream.send("_a", "1"), { code: "bad_event" });
  assert.throws(() => one.stream.send("a", "\ud800"), { code: "bad_event" });
  assert.throws(() => one.stream.send("a", /** @type {any} */ (7)), { code: "bad_event" });
});

test("the outbox is bounded", () => {
  const one = join({ WebSocket: null, fetch: () => Promise.reject(new Error("no network")) });
  let kept = 0;
  while (one.stream.send("a", "x")) kept += 1;
  assert.equal(kept, 1_000);
  assert.deepEqual(one.errors, ["outbox_full"]);
});
