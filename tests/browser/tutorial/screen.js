// What a person in front of the tutorial's page sees, and what he does about it.

/** @typedef {{x: number, y: number}} Place */
/** @typedef {{coins: Place[], dots: Record<string, Place>, own: Place | undefined}} Picture */

/** To be added to the context before its pages: notes every state that a page ever shows. */
export function noteStates() {
  const states = new Map();
  Object.assign(globalThis, { states });
  new MutationObserver(() => {
    const shown = document.querySelector("#state")?.textContent.match(/^tick (\d+), state ([0-9a-f]{16})$/);
    if (shown) states.set(Number(shown[1]), shown[2]);
  }).observe(document, { childList: true, subtree: true, characterData: true });
}

/** @param {import("playwright-core").Page} page @returns {Promise<Map<number, string>>} */
export const statesOf = async (page) => new Map(await page.evaluate(() => [...globalThis.states]));

/** @param {import("playwright-core").Page} page @param {string} id */
export const textOf = (page, id) => page.locator(id).innerText();

/**
 * The canvas, pixel by pixel: coins are gold, the own dot's middle is white, every other colour is a dot.
 * @param {import("playwright-core").Page} page
 * @returns {Promise<Picture>}
 */
export function look(page) {
  return page.evaluate(() => {
    const canvas = document.querySelector("canvas");
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const words = new Uint32Array(data.buffer);
    /** @type {Record<string, {x: number, y: number}[]>} */
    const pixels = {};
    for (let i = 0; i < words.length; i++) {
      if (words[i] >>> 24 !== 255) continue;
      const [red, green, blue] = data.subarray(4 * i, 4 * i + 3);
      (pixels[`${red},${green},${blue}`] ??= []).push({ x: i % width, y: Math.floor(i / width) });
    }
    const { "255,215,0": gold = [], "255,255,255": white = [], ...others } = pixels;
    const middle = (spot) => {
      const of = (axis) => (Math.min(...spot.map((p) => p[axis])) + Math.max(...spot.map((p) => p[axis]))) / 2;
      return { x: of("x"), y: of("y") };
    };
    const spots = [];
    for (const pixel of gold) {
      const near = ([first]) => Math.abs(first.x - pixel.x) < 22 && Math.abs(first.y - pixel.y) < 22;
      const spot = spots.find(near);
      if (spot) spot.push(pixel);
      else spots.push([pixel]);
    }
    // Where two colours meet, a few pixels have neither.
    const dots = Object.entries(others).filter(([, spot]) => spot.length > 200);
    return {
      coins: spots.map(middle),
      dots: Object.fromEntries(dots.map(([colour, spot]) => [colour, middle(spot)])),
      own: white.length > 0 ? middle(white) : undefined,
    };
  });
}

/** How far a dot goes on until a key shows: about three ticks. */
const LEAD = 30;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Steers a page's own dot by arrow keys to the coin that is next to it. */
export class Hunter {
  #page;
  #key = "";

  /** @param {import("playwright-core").Page} page */
  constructor(page) {
    this.#page = page;
  }

  /** One look, and a key if the dot has to turn. */
  async steer() {
    const { own, coins } = await look(this.#page);
    if (!own || coins.length === 0) return;
    const [wayX, wayY] = WAYS[this.#key] ?? [0, 0];
    const from = { x: clamp(own.x + LEAD * wayX, 800), y: clamp(own.y + LEAD * wayY, 500) };
    const far = (coin) => Math.abs(coin.x - from.x) + Math.abs(coin.y - from.y);
    const coin = coins.reduce((best, other) => (far(other) < far(best) ? other : best));
    await this.#press(keyToward(coin.x - from.x, coin.y - from.y));
  }

  async #press(key) {
    if (key === this.#key) return;
    this.#key = key;
    await this.#page.keyboard.press(key);
  }
}

/** First along x until it is level with the coin, then along y. */
function keyToward(x, y) {
  if (Math.abs(x) > 20) return x > 0 ? "ArrowRight" : "ArrowLeft";
  return y > 0 ? "ArrowDown" : "ArrowUp";
}

const clamp = (at, size) => Math.max(20, Math.min(size - 20, at));
