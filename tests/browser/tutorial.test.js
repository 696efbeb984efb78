// Does what docs/your-first-game.md says, word by word, from an empty folder to two tabs and on.
//
// The document's blocks of code are taken by the lines above them. Two things differ from a reader's afternoon: the
// program is the one that was built for the tests, and both servers have free ports, which are put into the document
// before anything is taken from it.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startBrowser } from "./browser.js";
import { ROOT, build, startServer } from "./server.js";
import { only, readTutorial, replaceLine } from "./tutorial/document.js";
import { Hunter, look, noteStates, statesOf, textOf } from "./tutorial/screen.js";
import { openTerminal } from "./tutorial/terminal.js";

const LINES_MAX = 60;
const PATIENCE_MS = 30_000;
const ARTEFACTS = join(ROOT, "artefacts");

/** What ends with the test, the last one first. @type {(() => Promise<unknown>)[]} */
const cleanups = [];
/** What pages complain about in their consoles. @type {string[]} */
const complaints = [];
let text, blocks, address, folder, second, browser, first, other;

before(async () => {
  build();
  const server = await startServer();
  cleanups.push(server.stop);
  const port = await freePort();
  address = `http://127.0.0.1:${port}/`;
  ({ text, blocks } = await readTutorial({
    "http://127.0.0.1:9922": server.url.replace(/\/$/, ""),
    "http://127.0.0.1:8000/": address,
    "http.server 8000": `http.server ${port}`,
  }));
  const home = await mkdtemp(join(tmpdir(), "stadion-tutorial-"));
  cleanups.push(() => rm(home, { recursive: true, force: true }));
  folder = join(home, "coins");
  second = openTerminal(home);
  cleanups.push(second.close);
  browser = await startBrowser();
  cleanups.push(browser.close);
  await browser.context.addInitScript(noteStates);
  browser.context.on("page", (page) => {
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
  });
  await mkdir(ARTEFACTS, { recursive: true });
});

after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

test("the program is started as the README says", async () => {
  const { code } = only(blocks, /^First terminal/);
  assert.ok((await readFile(join(ROOT, "README.md"), "utf8")).includes(`\`\`\`sh\n${code}\`\`\``));
});

test("the files are written, and the game has at most 60 lines", async () => {
  second.type(only(blocks, /^Second terminal, wherever/).code);
  await until("the folder is made", () => stat(folder).catch(() => undefined));
  for (const name of ["index.html", "game.js"]) {
    await writeFile(join(folder, name), only(blocks, new RegExp(`^\`${name}\`:$`)).code);
  }
  const lines = (await readFile(join(folder, "game.js"), "utf8")).trimEnd().split("\n");
  assert.ok(lines.length <= LINES_MAX, `${lines.length} lines`);
  assert.ok(lines.every((line) => line.length <= 110), "a line is too long to be read");
});

test("two tabs play one game", async () => {
  second.type(only(blocks, /^Second terminal again/).code);
  await until("the folder is served", () => fetch(address).then((answer) => answer.ok, () => false));
  assert.ok(text.includes(`Open <${address}> in two tabs`));
  first = await open(address);
  await until("the first player is there", async () => (await textOf(first, "#scores")) === "player 1: 0");
  other = await open(address);
  await until("both see both", async () => {
    const shown = await Promise.all([first, other].map((page) => textOf(page, "#scores")));
    return shown.every((scores) => scores === "player 1: 0 · player 2: 0");
  });

  const hunter = new Hunter(first);
  await until("the first player finds a coin", async () => {
    await hunter.steer();
    return scoreOf(1, await textOf(first, "#scores")) > 0;
  });
  await until("the second tab shows it too", async () => scoreOf(1, await textOf(other, "#scores")) > 0);
  await other.keyboard.press("ArrowDown");
  await until("both tabs draw the same", () => drawTheSame(first, other));
  await agree(first, other);
  await first.screenshot({ path: join(ARTEFACTS, "tutorial-first.png") });
  await other.screenshot({ path: join(ARTEFACTS, "tutorial-second.png") });
});

test("a reload keeps the dot and its score", async () => {
  const score = scoreOf(1, await textOf(first, "#scores"));
  await first.reload();
  await until("the score is back", async () => scoreOf(1, await textOf(first, "#scores")) >= score);
  await until("its own dot has a white middle", async () => (await look(first)).own !== undefined);
  assert.equal((await textOf(first, "#scores")).split(" · ").length, 2);
  await agree(first, other);
});

test("a player joins by curl, and is gone when he is silent", async () => {
  const third = openTerminal(folder);
  cleanups.push(third.close);
  third.type(only(blocks, /in a third terminal:$/).code);
  await until("curl has its answer", () => third.said().includes('"ProxyId":"3"'));
  await until("his dot is in both tabs", async () => {
    const pictures = await Promise.all([look(first), look(other)]);
    return pictures.every(({ dots }) => Object.keys(dots).length === 3);
  });
  await until("his dot went to the wall", async () => Object.values((await look(first)).dots).some(({ x }) => x > 775));
  await until("he is gone", async () => !(await textOf(first, "#scores")).includes("player 3"));
  await agree(first, other);
});

test("a spectator sees the same and is not seen", async () => {
  const played = await readFile(join(folder, "game.js"), "utf8");
  await writeFile(join(folder, "game.js"), replaceLine(played, only(blocks, /begins with `const stream`:$/)));
  assert.ok(text.includes(`<${address}?watch>`));
  const spectator = await open(`${address}?watch`);
  await agree(first, spectator);
  assert.equal((await look(spectator)).own, undefined);
  for (const page of [first, spectator]) assert.equal((await textOf(page, "#scores")).split(" · ").length, 2);
  await spectator.close();
});

test("dice of one's own are found out, and put right again", async () => {
  const played = await readFile(join(folder, "game.js"), "utf8");
  await writeFile(join(folder, "game.js"), replaceLine(played, only(blocks, /begins with `const anywhere`:$/)));
  await Promise.all([first.reload(), other.reload()]);
  for (const page of [first, other]) {
    await until("it says so", async () => (await textOf(page, "#state")) === "OUT OF STEP");
  }
  await first.screenshot({ path: join(ARTEFACTS, "tutorial-out-of-step.png") });
  const [, name, newName] = text.match(/change the stream's name from\s`(.+?)` to `(.+?)`/);
  assert.equal(played.split(name).length, 2, "the name stands in one place");
  await writeFile(join(folder, "game.js"), played.replace(name, newName));
  await Promise.all([first.reload(), other.reload()]);
  await agree(first, other);
  assert.match(await textOf(first, "#state"), /^tick/);
});

test("no page complained", () => assert.deepEqual(complaints, []));

const open = (url) => browser.openWindow(url, { width: 900, height: 700 });

/** @param {number} player @param {string} scores */
function scoreOf(player, scores) {
  return Number(scores.match(new RegExp(`player ${player}: (\\d+)`))?.[1] ?? 0);
}

/** Waits until both pages show ticks that the other one shows too, later than now; fails if a state differs. */
async function agree(left, right) {
  const now = Math.max(...(await statesOf(right)).keys(), 0);
  await until("both show the same states", async () => {
    const [shown, others] = await Promise.all([statesOf(left), statesOf(right)]);
    const common = [...shown.keys()].filter((tick) => tick > now && others.has(tick));
    for (const tick of common) assert.equal(shown.get(tick), others.get(tick), `the state at tick ${tick}`);
    return common.length >= 20;
  });
}

async function drawTheSame(left, right) {
  const pictures = await Promise.all([look(left), look(right)]);
  if (pictures.some(({ coins, dots }) => coins.length === 0 || Object.keys(dots).length !== 2)) return false;
  const [shown, others] = pictures.map(({ coins, dots }) => JSON.stringify({ coins, dots }));
  return shown === others;
}

/** @param {string} what @param {() => unknown} condition */
async function until(what, condition) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it did not happen in ${PATIENCE_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
