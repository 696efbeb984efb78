// Reads docs/your-first-game.md as a person follows it: each block of code belongs to the line above it.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../server.js";

/** @typedef {{caption: string, code: string}} Block */

/**
 * The document's blocks in their order, and its text.
 * @param {Record<string, string>} addresses what stands in it → what to use in its place
 */
export async function readTutorial(addresses) {
  let text = await readFile(join(ROOT, "docs", "your-first-game.md"), "utf8");
  for (const [written, used] of Object.entries(addresses)) {
    if (!text.includes(written)) throw new Error(`the tutorial does not speak of ${written} any more`);
    text = text.replaceAll(written, used);
  }
  return { text, blocks: blocksOf(text) };
}

/**
 * The only block under a caption that this fits.
 * @param {Block[]} blocks
 * @param {RegExp} caption
 */
export function only(blocks, caption) {
  const found = blocks.filter((block) => caption.test(block.caption));
  if (found.length !== 1) throw new Error(`${found.length} blocks of the tutorial are captioned ${caption}`);
  return found[0];
}

/**
 * Does what a caption "In `FILE`, in place of the line that begins with `START`" asks for.
 * @param {string} source the file's text
 * @param {Block} block
 */
export function replaceLine(source, { caption, code }) {
  const start = caption.match(/begins with `(.+)`:$/)[1];
  const lines = source.split("\n");
  const at = lines.findIndex((line) => line.startsWith(start));
  if (at < 0) throw new Error(`no line begins with "${start}"`);
  lines.splice(at, 1, code.trimEnd());
  return lines.join("\n");
}

/** @param {string} text @returns {Block[]} */
function blocksOf(text) {
  return [...text.matchAll(/([^\n]+)\n\n```\w+\n(.*?)```$/gms)].map(([, caption, code]) => ({ caption, code }));
}
