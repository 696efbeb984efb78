// Colours of the canvas, for light and dark. The players' colours stand on both.

/** By slot. Far apart in hue or lightness, also for eyes that tell red and green poorly. */
export const SLOT_COLORS = ["#f2555a", "#3d8bfd", "#2fb36b", "#f28a1c", "#9b6cf0", "#e85aa8", "#12aebb", "#a2734a"];
export const SLOT_COLOR_NAMES = ["red", "blue", "green", "orange", "violet", "pink", "teal", "brown"];
export const SPARK_COLOR = "#ffc043";

/**
 * @typedef {object} Theme
 * @property {boolean} dark
 * @property {string} iceMiddle
 * @property {string} iceEdge
 * @property {string} scratch
 * @property {string} marking
 * @property {string} board
 * @property {string} boardTop
 * @property {string} label
 * @property {string} labelHalo
 * @property {string} shade
 * @property {string} post
 * @property {string} postLight
 */

/** @type {Theme} */
const LIGHT = {
  dark: false,
  iceMiddle: "#ffffff",
  iceEdge: "#dceaf7",
  scratch: "rgb(96 134 178 / 16%)",
  marking: "rgb(0 121 107 / 22%)",
  board: "#24405f",
  boardTop: "#5d7fa4",
  label: "#0f1b2d",
  labelHalo: "rgb(255 255 255 / 85%)",
  shade: "rgb(28 52 84 / 24%)",
  post: "#35557a",
  postLight: "#ffffff",
};

/** @type {Theme} */
const DARK = {
  dark: true,
  iceMiddle: "#17274a",
  iceEdge: "#0d1730",
  scratch: "rgb(160 196 255 / 9%)",
  marking: "rgb(57 217 191 / 22%)",
  board: "#2b4372",
  boardTop: "#6f94d8",
  label: "#e9f0fb",
  labelHalo: "rgb(9 15 28 / 80%)",
  shade: "rgb(0 0 0 / 45%)",
  post: "#41629c",
  postLight: "#b9d4ff",
};

/** @param {boolean} dark @returns {Theme} */
export function theme(dark) {
  return dark ? DARK : LIGHT;
}

/**
 * A colour moved toward white (amount > 0) or black (amount < 0).
 * @param {string} hex "#rrggbb"
 * @param {number} amount -1 to 1
 */
export function shade(hex, amount) {
  const goal = amount > 0 ? 255 : 0;
  const part = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16);
    return Math.round(value + (goal - value) * Math.abs(amount));
  });
  return `rgb(${part.join(" ")})`;
}
