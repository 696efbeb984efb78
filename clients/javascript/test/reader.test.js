import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { WebSocketServer } from "ws";
import { Reader } from "../src/reader.js";
import { Socket, until } from "./recorder.js";

const EPOCH = "AAAAAAAAAAAAAAAAAAAAAA";

/** @typedef {{ socket: import("ws").WebSocket, query: URLSearchParams, token: string }} Joined */

/** @type {WebSocketServer} */
let server;
let url = "";
/** Who connected, in order. @type {Joined[]} */
let joined = [];
/** @type {Reader[]} */
let readers = [];

beforeEach(async () => {
  joined = [];
  server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: (offered) => [...offered][0] ?? false });
  server.on("connection", (socket, request) => {
    const query = new URL(request.url ?? "", "http://x").searchParams;
    const token = (request.headers["sec-websocket-protocol"] ?? "").replace("stadion.token.", "");
    joined.push({ socket, query, token });
  });
  await new Promise((resolve) => server.once("listening", () => resolve(undefined)));
  url = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
});

afterEach(async () => {
  for (const reader of readers) reader.close();
  readers = [];
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
});

/** @param {import("../src/reader.js").ReaderOptions & import("../src/reader.js").ReaderHandlers} [options] */
function read(options = {}) {
  /** @type {string[]} */
  const told = [];
  const reader = new Reader(url, "a:b", {
    WebSocket: Socket,
    random: () => 0,
    onState: ({ offset, body }) => told.push(`state ${offset} ${JSON.stringify(body)}`),
    onLive: (position) => told.push(`live ${position}`),
    onEvent: ({ offset }) => told.push(`event ${offset}`),
    onSkipped: (count) => told.push(`skipped ${count}`),
    onReset: (reason) => told.push(`reset ${reason}`),
    onClosed: (code) => told.push(`closed ${code}`),
    onError: ({ code }) => told.push(`error ${code}`),
    ...options,
  });
  readers.push(reader);
  return { reader, told };
}

/** The n-th connection, from 1 on. @param {number} n @returns {Promise<Joined>} */
async function connection(n) {
  await until(() => joined.length >= n, `connection ${n}`);
  return /** @type {Joined} */ (joined[n - 1]);
}

/** @param {Joined} to @param {...object} frames */
function send({ socket }, ...frames) {
  for (const frame of frames) socket.send(JSON.stringify({ stream: "a:b", ...frame }));
}

/** @param {number} offset */
const event = (offset, epoch = EPOCH) => ({ epoch, offset, body: { n: offset } });
/** @param {number} offset */
const state = (offset) => ({ ...event(offset), state: true });
/** @param {number} offset */
const live = (offset, epoch = EPOCH) => ({ epoch, offset, live: true });

test("live state, the mark, live events; a lost connection resumes behind the last event", async () => {
  const { reader, told } = read();
  const first = await connection(1);
  assert.equal(first.query.get("from"), "live");
  assert.equal(first.query.get("envelope"), "1");
  send(first, state(7), state(3), live(9), event(10), event(11));
  await until(() => reader.position === `${EPOCH}:11`, "the events");
  for (const [n, end] of /** @type {[number, () => void][]} */ ([
    [2, () => first.socket.terminate()],
    [3, () => joined[1]?.socket.close(1001, "come back")],
    [4, () => joined[2]?.socket.close(4011, "too slow")],
  ])) {
    end();
    const next = await connection(n);
    assert.equal(next.query.get("from"), `${EPOCH}:${n + 9}`);
    send(next, event(n + 10));
    await until(() => reader.position === `${EPOCH}:${n + 10}`, "the next event");
  }
  assert.deepEqual(told, [
    'state 7 {"n":7}', 'state 3 {"n":3}', `live ${EPOCH}:9`, ...[10, 11, 12, 13, 14].map((n) => `event ${n}`),
  ]);
});

test("a gap or a duplicate is not told: it reads again from where it stood", async () => {
  const { reader, told } = read();
  send(await connection(1), live(1), event(3));
  send(await connection(2), event(2), event(2));
  send(await connection(3), event(3), event(4, "B".repeat(22)));
  send(await connection(4), event(4), state(5));
  send(await connection(5), event(5));
  await until(() => reader.position === `${EPOCH}:5`, "all that is right");
  assert.deepEqual(joined.map(({ query }) => query.get("from")), ["live", ...[1, 2, 3, 4].map((n) => `${EPOCH}:${n}`)]);
  assert.deepEqual(told.filter((line) => line.startsWith("event")), [2, 3, 4, 5].map((n) => `event ${n}`));
  assert.equal(told.filter((line) => line === "error bad_answer").length, 4);
});

test("a lost position starts anew from live state and says so", async () => {
  const { told } = read({ from: `${EPOCH}:5` });
  const first = await connection(1);
  assert.equal(first.query.get("from"), `${EPOCH}:5`);
  first.socket.close(4010, "position_lost");
  const second = await connection(2);
  assert.equal(second.query.get("from"), "live");
  send(second, state(0), live(3, EPOCH));
  await until(() => told.length === 3, "the new state");
  assert.deepEqual(told, ["reset position_lost", 'state 0 {"n":0}', `live ${EPOCH}:3`]);
});

test("what was skipped is said, and live state comes anew on the same connection", async () => {
  const { reader, told } = read();
  const first = await connection(1);
  send(first, live(1), event(2), { skipped: 40 }, state(40), live(42), event(43));
  await until(() => reader.position === `${EPOCH}:43`, "the event behind it");
  assert.deepEqual(told, [
    `live ${EPOCH}:1`, "event 2", "skipped 40", "reset skipped", 'state 40 {"n":40}', `live ${EPOCH}:42`, "event 43",
  ]);
  assert.equal(joined.length, 1);
});

test("a connection lost amid live state makes what was told of it void", async () => {
  const { told } = read();
  const first = await connection(1);
  send(first, state(1));
  await until(() => told.length === 1, "half of the state");
  first.socket.terminate();
  const second = await connection(2);
  assert.equal(second.query.get("from"), "live");
  send(second, state(1), live(1));
  await until(() => told.length === 4, "all of the state");
  assert.deepEqual(told.slice(1), ["reset interrupted", 'state 1 {"n":1}', `live ${EPOCH}:1`]);
});

test("a stream that was never written begins with its first event", async () => {
  const { reader } = read();
  const first = await connection(1);
  send(first, live(-1, "-"));
  await until(() => reader.position === "-:-1", "the mark");
  first.socket.terminate();
  const second = await connection(2);
  assert.equal(second.query.get("from"), "-:-1");
  send(second, event(0), event(1));
  await until(() => reader.position === `${EPOCH}:1`, "the first events");
});

for (const code of [1008, 1009, 4110, 4111, 4112, 4400, 4401, 4409]) {
  test(`close code ${code} is for good`, async () => {
    const { reader, told } = read({ token: "t" });
    const first = await connection(1);
    send(first, live(1));
    await until(() => told.length === 1, "the mark");
    first.socket.close(code, "why");
    await until(() => told.length === 2, "the end");
    assert.deepEqual(told, [`live ${EPOCH}:1`, `closed ${code}`]);
    assert.equal(reader.status, "closed");
  });
}

test("the end that was asked for closes; without one, 1000 is a lost connection", async () => {
  const { told } = read({ from: "start", to: `${EPOCH}:0` });
  const first = await connection(1);
  assert.equal(first.query.get("to"), `${EPOCH}:0`);
  send(first, event(0));
  await until(() => told.length === 1, "the event");
  first.socket.close(1000);
  await until(() => told.length === 2, "the end");
  assert.deepEqual(told, ["event 0", "closed 1000"]);
  const open = read();
  (await connection(2)).socket.close(1000);
  await connection(3);
  assert.equal(open.reader.status === "closed", false);
});

test("each attempt asks for a fresh token; one that is refused twice in a row ends it", async () => {
  let asked = 0;
  const { told } = read({
    token: async () => {
      asked += 1;
      if (asked === 1) throw new Error("not now");
      return `t${asked}`;
    },
  });
  const first = await connection(1);
  assert.equal(first.token, "t2");
  send(first, live(1));
  await until(() => told.includes(`live ${EPOCH}:1`), "the mark");
  first.socket.close(4401, "unauthorized");
  const second = await connection(2);
  assert.equal(second.token, "t3");
  send(second, event(2));
  await until(() => told.includes("event 2"), "the event");
  second.socket.close(4401, "unauthorized");
  (await connection(3)).socket.close(4401, "unauthorized");
  await until(() => told.includes("closed 4401"), "the end");
  assert.deepEqual(told.filter((line) => line.startsWith("error")), ["error token"]);
  assert.equal(joined.length, 3);
});

test("a handler that throws ends nothing; close is silent", async () => {
  /** @type {string[]} */
  const surfaced = [];
  const listeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.once("uncaughtException", (error) => surfaced.push(error.message));
  const { reader, told } = read({
    onLive: () => {
      throw new Error("mine");
    },
  });
  const first = await connection(1);
  send(first, live(1), event(2));
  await until(() => surfaced.length === 1 && told.length === 1, "the event and the error");
  for (const listener of listeners) process.on("uncaughtException", listener);
  reader.close();
  await until(() => first.socket.readyState === 3, "the end of the connection");
  assert.deepEqual(told, ["event 2"]);
  assert.deepEqual(surfaced, ["mine"]);
});

test("an address or a name that cannot be is said at once", () => {
  assert.throws(() => new Reader("ftp://x", "a", { WebSocket: Socket }), { code: "bad_url" });
  assert.throws(() => new Reader(url, "a/b", { WebSocket: Socket }), { code: "bad_name" });
});
