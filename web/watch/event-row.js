import { make } from "/_/play/page.js";

/** @typedef {import("/_/client/read-cursor.js").ReadEvent} ReadEvent */

const BRIEF_MAX = 160;
/** Where an event belongs; a line has room for what it says. */
const LEFT_OUT = new Set(["typeName", "competitionId", "distanceId", "heat", "raceId", "_time"]);

/** One event in a list; its JSON is written when it is opened. @param {ReadEvent} event */
export function eventRow(event) {
  const row = make("li");
  const details = document.createElement("details");
  const summary = make("summary");
  const time = make("time", "", timeOfDay(event.time));
  if (event.time) time.setAttribute("datetime", event.time);
  summary.append(
    make("span", "offset", `#${event.offset}`), time,
    make("span", "type", event.type ?? "–"), make("span", "brief", brief(event.body)),
  );
  details.append(summary);
  details.addEventListener("toggle", () => details.append(make("pre", "", JSON.stringify(event.body, null, 2))), {
    once: true,
  });
  row.append(details);
  return row;
}

/** @param {string} [time] RFC 3339; shown in the viewer's zone */
function timeOfDay(time) {
  return time ? new Date(time).toLocaleTimeString([], { hourCycle: "h23" }) : "";
}

/** @param {any} body */
function brief(body) {
  const text = JSON.stringify(body, (key, value) => (LEFT_OUT.has(key) ? undefined : value)) ?? "";
  const short = text.length > BRIEF_MAX ? `${text.slice(0, BRIEF_MAX)}…` : text;
  return short === "{}" ? "" : short;
}
