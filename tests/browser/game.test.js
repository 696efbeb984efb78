// The main job on real input: two tabs and a bot play Drift through a real server, a third tab watches from late on,
// one tab is loaded anew in the middle, one is hidden for 20 seconds; everybody's state is the same at every tick.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startBrowser } from "./browser.js";
import { build, program, ROOT, startServer } from "./server.js";

const ARTEFACTS = join(ROOT, "artefacts");
const TICKS_PER_SECOND = 20;
/** How long is played, and how long one tab is hidden meanwhile. */
const PLAYED_TICKS = 30 * TICKS_PER_SECOND;
const HIDDEN_TICKS = 20 * TICKS_PER_SECOND;
/** Far above what anything here takes. */
const DEADLINE_MS = 60_000;

let server, browser, folder;
/** What pages say that they should not. */
const complaints = [];

before(async () => {
  build();
  await mkdir(ARTEFACTS, { recursive: true });
  folder = await mkdtemp(join(tmpdir(), "stadion-game-"));
  server = await startServer();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test("two tabs, a bot and a late watcher compute the same game", { timeout: 3 * DEADLINE_MS }, async () => {
  const players = `${server.url}/play/?game=browser-test`;
  const anna = await play(players, "Anna");
  const ben = await play(players, "Ben");
  const bot = startBot("browser-test");
  const start = await state(anna);

  // Everybody moves; what one presses is seen by all.
  const fingers = [press(anna), press(ben)];
  await until(anna, start.tick + 5 * TICKS_PER_SECOND);
  await anna.screenshot({ path: join(ARTEFACTS, "drift.png") });

  // One tab is hidden: it must go on by its socket alone.
  const show = await browser.hide(ben);
  const hiddenAt = (await state(anna)).tick;

  // The other is loaded anew: it is the same player, and what it computes from the start is the same.
  const annaBefore = await hashes(anna);
  fingers[0].stop();
  const idBefore = (await state(anna)).publicId;
  await anna.reload();
  await joined(anna);
  assert.equal((await state(anna)).publicId, idBefore, "a reload keeps the player");
  fingers[0] = press(anna);

  // A third tab comes late and only watches.
  await until(anna, start.tick + 12 * TICKS_PER_SECOND);
  const watcher = await open(`${players}&watch`);
  await ready(watcher);

  await until(anna, Math.max(hiddenAt + HIDDEN_TICKS, start.tick + PLAYED_TICKS));
  const wasHidden = await ben.evaluate(() => document.visibilityState);
  assert.equal(wasHidden, "hidden");
  const shownAt = Date.now();
  await show();
  await ben.waitForFunction(() => window.stadionGame.behind <= 4, undefined, { timeout: 1000, polling: 20 });
  assert.ok(Date.now() - shownAt < 3000, "a tab that is shown again is at the head at once");
  for (const finger of fingers) finger.stop();
  await anna.screenshot({ path: join(ARTEFACTS, "drift-late.png") });
  await watcher.screenshot({ path: join(ARTEFACTS, "drift-watch.png") });

  const ended = (await state(anna)).tick;
  for (const page of [ben, watcher]) await until(page, ended);
  const botHashes = await bot.stop();
  const all = {
    "Anna before the reload": annaBefore,
    "Anna after it": await hashes(anna),
    "Ben, hidden for a while": await hashes(ben),
    "the watcher": await hashes(watcher),
    "the bot": botHashes,
  };
  compare(all);
  // Who came late, or anew, played everything from the first tick.
  for (const [who, reported] of Object.entries(all)) {
    const atLeast = who === "Anna before the reload" ? 4 * TICKS_PER_SECOND : PLAYED_TICKS - 2 * TICKS_PER_SECOND;
    assert.ok(reported.size >= atLeast, `${who} reported ${reported.size} ticks, at least ${atLeast} are expected`);
  }
  for (const page of [anna, ben, watcher]) assert.ok(!(await state(page)).desync, "no desync is shown");
  const ids = [await state(anna), await state(ben)].map((page) => page.publicId);
  assert.equal(new Set(ids).size, 2, "two tabs of one browser are two players");
  assert.deepEqual(complaints, [], "no page complains");
});

for (const [name, size, scheme] of [
  ["dark", { width: 1200, height: 800 }, "dark"],
  ["phone", { width: 390, height: 844 }, "light"],
  ["phone-dark", { width: 390, height: 844 }, "dark"],
]) {
  test(`the pages look right: ${name}`, { timeout: DEADLINE_MS }, async () => {
    const page = await open("about:blank", size);
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize(size);
    await page.goto(`${server.url}/`);
    await page.screenshot({ path: join(ARTEFACTS, `start-${name}.png`) });
    await fits(page);
    // As somebody who has never been here.
    await page.evaluate(() => localStorage.clear());
    await page.goto(`${server.url}/play/?game=look-${name}`);
    await page.getByLabel("Your name", { exact: true }).fill("Carla");
    await page.getByRole("button", { name: "Play" }).click();
    await joined(page);
    await until(page, (await state(page)).tick + TICKS_PER_SECOND);
    await page.screenshot({ path: join(ARTEFACTS, `drift-${name}.png`) });
    await fits(page);
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

async function play(url, name) {
  const page = await open(`${url}&name=${name}`);
  await joined(page);
  return page;
}

async function joined(page) {
  await ready(page);
  await page.waitForFunction(() => window.stadionGame.publicId, undefined, { timeout: DEADLINE_MS });
}

const ready = (page) =>
  page.waitForFunction(() => window.stadionGame?.tick > 0, undefined, { timeout: DEADLINE_MS, polling: 50 });

const until = (page, tick) =>
  page.waitForFunction((tick) => window.stadionGame.tick >= tick, tick, { timeout: DEADLINE_MS, polling: 50 });

const state = (page) =>
  page.evaluate(() => {
    const { tick, publicId, desync, behind } = window.stadionGame;
    return { tick, publicId, desync, behind };
  });

const hashes = async (page) => new Map(await page.evaluate(() => [...window.stadionGame.hashes]));

/** A hand on the arrow keys. */
function press(page) {
  const keys = ["ArrowUp", "ArrowRight", "ArrowDown", "ArrowLeft"];
  let going = true;
  const done = (async () => {
    for (let turn = 0; going; turn += 1) {
      // While the page is loaded anew there is nobody to press for.
      await page.keyboard.press(keys[turn % keys.length], { delay: 150 }).catch(() => {});
    }
  })();
  return { stop: () => ((going = false), done) };
}

/** The same rules in Rust, in a process of their own. */
function startBot(game) {
  const log = join(folder, "bot.log");
  const child = spawn(
    program("drift-bot"),
    ["--server", server.url, "--game", game, "--name", "Rusty", "--hash-log", log],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return {
    async stop() {
      assert.equal(child.exitCode, null, `the bot is still there: ${said}`);
      child.kill("SIGTERM");
      await ended;
      const lines = (await readFile(log, "utf8")).trim().split("\n");
      return new Map(lines.map((line) => line.split(" ")).map(([tick, hash]) => [Number(tick), hash]));
    },
  };
}

/** Whoever reported a tick reported the same. */
function compare(all) {
  const first = new Map();
  let compared = 0;
  for (const [who, reported] of Object.entries(all)) {
    for (const [tick, hash] of reported) {
      const other = first.get(tick);
      if (!other) {
        first.set(tick, { who, hash });
        continue;
      }
      assert.equal(hash, other.hash, `tick ${tick}: ${who} differs from ${other.who}`);
      compared += 1;
    }
  }
  assert.ok(compared > 3 * PLAYED_TICKS, `only ${compared} hashes were compared`);
}

/** Nothing sticks out to the side. */
async function fits(page) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `the page is ${wide} pixels too wide`);
}
