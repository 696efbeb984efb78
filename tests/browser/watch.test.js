// A spectator watches a competition: what is going on when the page opens, then everything that comes.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { startBrowser } from "./browser.js";
import * as made from "./competition.js";
import { build, ROOT, startServer } from "./server.js";

const ARTEFACTS = join(ROOT, "artefacts");
const TIMEOUT_MS = 60_000;

let server, browser;
/** What pages say that they should not. */
const complaints = [];

before(async () => {
  build();
  await mkdir(ARTEFACTS, { recursive: true });
  server = await startServer();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

afterEach((t) => {
  for (const complaint of complaints.splice(0)) t.diagnostic(complaint);
});

test("a competition: live state, live events, a lost connection, the result", { timeout: TIMEOUT_MS }, async () => {
  await competition(
    made.activation(), made.distance(), made.heatCommitted(1), made.heatCommitted(2), made.heatActivated(3),
    ...made.passes(3, 0, 0), ...made.passes(3, 1, 0),
  );
  const page = await open("about:blank");
  const cut = await breakable(page);
  await page.goto(`${server.url}/watch/competition:${made.ID}`);

  // Live state.
  await says(page, "#results h1", "Women 1500 m");
  await says(page, ".heat h2", "Pair 3");
  await says(page, ".lane .time", `${made.shownTime(3, 0, 0)}at 300 m`);
  await says(page, ".standings tr.best", "Ada van Dijk");
  await says(page, "#now-count", "3 open scopes");
  assert.equal(await page.locator(".standings tbody tr").count(), 4);
  assert.equal(await page.locator("#events li").count(), 0, "live state is no event that comes");

  // Live.
  await competition(...made.passes(3, 0, 1), ...made.passes(3, 1, 1));
  await says(page, ".lane .time", `${made.shownTime(3, 0, 1)}at 700 m`);
  await page.waitForFunction(() => document.querySelectorAll("#events li").length === 8);
  await says(page, ".to-go", "2 rounds to go");

  // Paused, it waits; filtered, it shows one type; opened, an event is all its JSON.
  await page.getByRole("button", { name: "Pause" }).click();
  await competition(...made.passes(3, 0, 2));
  await says(page, "#pause", "Go on (4)");
  assert.equal(await page.locator("#events li").count(), 8);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.waitForFunction(() => document.querySelectorAll("#events li").length === 12);
  await page.getByLabel("Show only types with").fill("passing");
  assert.equal(await page.locator("#events li:visible").count(), 3);
  await page.locator("#events li:visible summary").first().click();
  await says(page, "#events li[hidden] ~ li pre, #events pre", '"passed": 1100');
  await page.getByLabel("Show only types with").fill("");

  // What was before the page was opened.
  await page.getByRole("button", { name: "Show earlier" }).click();
  await page.waitForFunction(() => document.querySelectorAll("#events li").length === 12 + 13);

  // Nothing is missing of what came while the connection was gone, and nothing comes twice.
  await cut();
  await competition(...made.passes(3, 1, 2));
  await says(page, "#reconnects", "1 reconnect");
  await page.waitForFunction(() => document.querySelectorAll("#events li").length === 25 + 4);
  const offsets = await page.locator("#events .offset").allTextContents();
  assert.deepEqual(offsets, Array.from({ length: 29 }, (_, n) => `#${28 - n}`));

  // The result.
  await competition(...made.passes(3, 0, 3), ...made.passes(3, 1, 3));
  await says(page, ".to-go", "finished");
  await competition(made.heatCommitted(3), made.heatDeactivated(3));
  await page.waitForFunction(() => document.querySelectorAll(".standings tbody tr").length === 6);
  assert.equal(await page.locator(".heat").count(), 0);
  await says(page, "#now-count", "2 open scopes");
  assert.deepEqual(complaints, []);
  await page.close();
});

test("any other stream: a plain list; without a name: which there are", { timeout: TIMEOUT_MS }, async () => {
  await publish("/v1/streams/hall:north/events", { type: "DoorOpened", door: "<b>7</b>" });
  const page = await open(`${server.url}/watch/hall:north`);
  await says(page, "#status-text", "live");
  await published(page, "/v1/streams/hall:north/events", { type: "DoorClosed", door: "<b>7</b>" });
  await says(page, "#events", "<b>7</b>");
  await page.goto(`${server.url}/watch`);
  await page.getByRole("link", { name: "hall:north" }).click();
  await says(page, "#stream", "hall:north");
  assert.deepEqual(complaints, []);
  await page.close();
});

for (const [name, size, scheme] of [
  ["light", { width: 1200, height: 900 }, "light"],
  ["dark", { width: 1200, height: 900 }, "dark"],
  ["phone", { width: 390, height: 1500 }, "light"],
]) {
  test(`the page looks right: ${name}`, { timeout: TIMEOUT_MS }, async () => {
    await competition(made.activation(), made.distance(), made.heatCommitted(1), made.heatCommitted(2), made.heatActivated(3));
    await competition(...[0, 1].flatMap((index) => [...made.passes(3, 0, index), ...made.passes(3, 1, index)]));
    const page = await open("about:blank", size);
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize(size);
    await page.goto(`${server.url}/watch/competition:${made.ID}`);
    await says(page, ".to-go", "2 rounds to go");
    await competition(...made.passes(3, 0, 2), ...made.passes(3, 1, 2));
    await says(page, "#events", "#");
    await page.locator(".tree summary").nth(1).click();
    await page.screenshot({ path: join(ARTEFACTS, `watch-${name}.png`) });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `the page is ${wide} pixels too wide`);
    assert.deepEqual(complaints, []);
    await page.close();
  });
}

async function open(url, size) {
  const page = await browser.openWindow("about:blank", size);
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${page.url()}: ${message.text()}`);
  });
  if (url !== "about:blank") await page.goto(url);
  return page;
}

/** Lets the page's WebSockets through, and returns what ends them as a server does that goes away. */
async function breakable(page) {
  const open = [];
  await page.routeWebSocket(/\/v1\//, (route) => {
    open.push(route);
    route.connectToServer();
  });
  return () => Promise.all(open.splice(0).map((route) => route.close({ code: 1001, reason: "going away" })));
}

const competition = (...events) => publish("/v1/competitions", ...events);

async function publish(path, ...events) {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/x-ndjson" },
    body: events.map((event) => JSON.stringify(event)).join("\n"),
  });
  assert.equal(response.status, 200, await response.text());
}

/** Publishes until the page shows it: a reader of a stream without live state may join a moment later. */
async function published(page, path, event) {
  for (let shown = 0; shown === 0; shown = await page.locator("#events li").count()) await publish(path, event);
}

const says = (page, selector, text) =>
  page.waitForFunction(
    ([selector, text]) => [...document.querySelectorAll(selector)].some((found) => found.textContent.includes(text)),
    [selector, text],
    { timeout: 15_000, polling: 50 },
  );
