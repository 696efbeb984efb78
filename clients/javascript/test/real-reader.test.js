import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Reader } from "../src/reader.js";
import { RealServer, Wire, built } from "./real-server.js";
import { Socket, until } from "./recorder.js";

const skip = built ? false : "the program is not built: cargo build -p stadion";
const COMPETITION = "0B0E5A9C-0000-4000-8000-000000000001";
const STREAM = `competition:${COMPETITION.toLowerCase()}`;

/** @type {RealServer} */
let server;
/** @type {Wire} */
let wire;
/** What is read goes over the wire, what is published goes around it. */
let [url, direct] = ["", ""];
/** @type {Reader[]} */
let readers = [];

before(async () => {
  if (skip) return;
  server = new RealServer();
  wire = new Wire();
  wire.port = await server.ready();
  direct = `http://127.0.0.1:${wire.port}`;
  url = await wire.listen();
});

after(async () => {
  if (skip) return;
  await wire.close();
  await server.end();
});

afterEach(() => {
  for (const reader of readers) reader.close();
  readers = [];
});

/** @param {string} stream @param {import("../src/reader.js").ReaderOptions} [options] */
function read(stream, options = {}) {
  const seen = {
    /** @type {any[]} */ state: [],
    /** @type {any[]} */ events: [],
    /** @type {number[]} */ offsets: [],
    /** @type {string[]} */ marks: [],
  };
  const reader = new Reader(url, stream, {
    WebSocket: Socket,
    onState: ({ body }) => seen.state.push(body),
    onEvent: ({ body, offset }) => (seen.events.push(body), seen.offsets.push(offset)),
    onLive: () => seen.marks.push("live"),
    onReset: (reason) => (seen.marks.push(reason), (seen.state = [])),
    onClosed: (code) => seen.marks.push(String(code)),
    ...options,
  });
  readers.push(reader);
  return { reader, seen };
}

/** @param {string} path @param {...object} events */
async function publish(path, ...events) {
  const body = events.map((event) => JSON.stringify(event)).join("\n");
  const headers = { "Content-Type": "application/x-ndjson" };
  const response = await fetch(`${direct}${path}`, { method: "POST", body, headers });
  assert.equal(response.status, 200, await response.text());
}

/** @param {string} typeName @param {object} [more] */
const competition = (typeName, more = {}) => ({ typeName, competitionId: COMPETITION, ...more });

test("connections that are cut while events come leave no gap and no duplicate", { skip }, async () => {
  const { seen } = read("feed:cuts", { from: "start" });
  for (let n = 0; n < 60; n++) {
    await publish("/v1/streams/feed:cuts/events", { n });
    if (n % 15 === 7) wire.cut();
    if (n === 30) {
      // The server believes that it is told; it is not.
      wire.deaf = true;
      await publish("/v1/streams/feed:cuts/events", { n: ++n }, { n: ++n });
      wire.cut();
      wire.deaf = false;
    }
  }
  await until(() => seen.events.length >= 60, "all events");
  assert.deepEqual(seen.offsets, Array.from({ length: 60 }, (_, n) => n));
  assert.deepEqual(seen.events.map(({ n }) => n), seen.offsets);
});

test("a competition: live state, then live; behind `to` it ends", { skip }, async () => {
  await publish("/v1/competitions", competition("CompetitionActivatedEvent"));
  const { reader, seen } = read(STREAM);
  await until(() => seen.marks.length === 1, "the mark");
  assert.deepEqual(seen.state.map(({ typeName }) => typeName), ["CompetitionActivatedEvent"]);
  await publish("/v1/competitions", competition("DistanceActivatedEvent", { distanceId: "D1" }));
  await until(() => seen.events.length === 1, "the live event");
  const { position } = reader;
  assert.match(position, /^[\w-]{22}:1$/);
  const ended = read(STREAM, { from: "start", to: position });
  await until(() => ended.seen.marks.length === 1, "the end");
  assert.deepEqual(ended.seen.marks, ["1000"]);
  assert.deepEqual(ended.seen.offsets, [0, 1]);
});

test("another epoch starts anew; a deleted stream is closed for good", { skip }, async () => {
  await publish("/v1/competitions", competition("CompetitionActivatedEvent"));
  const { seen } = read(STREAM);
  await until(() => seen.marks.length === 1, "the mark");
  const fresh = new RealServer();
  wire.port = await fresh.ready();
  direct = `http://127.0.0.1:${wire.port}`;
  await publish("/v1/competitions", competition("CompetitionActivatedEvent", { anew: true }));
  await server.end();
  server = fresh;
  await until(() => seen.marks.length === 3, "the new mark");
  assert.deepEqual(seen.marks, ["live", "position_lost", "live"]);
  assert.deepEqual(seen.state.map(({ anew }) => anew), [true]);
  const deleted = await fetch(`${direct}/v1/streams/${STREAM}`, { method: "DELETE" });
  assert.equal(deleted.status, 204);
  await until(() => seen.marks.length === 4, "the end");
  assert.equal(seen.marks.at(-1), "4110");
});
