// Lets Node load what the pages load: "/_/client/…" is where the program serves the client library.

import { register } from "node:module";

const client = new URL("../../clients/javascript/src/", import.meta.url);
register(
  `data:text/javascript,${encodeURIComponent(`
    export function resolve(specifier, context, next) {
      const path = specifier.startsWith("/_/client/") ? new URL(specifier.slice(10), "${client}").href : specifier;
      return next(path, context);
    }
  `)}`,
);

export const { Drift } = await import("../play/rules/drift.js");
export const { chooseMove } = await import("../play/rules/autopilot.js");
export const messages = await import("../play/rules/messages.js");
export const { ranking } = await import("../play/rules/referee.js");
export const { Random, Seed, SimDriver, syncTest } = await import("../../clients/javascript/src/index.js");
