// Watches the stream that the address names. A credential, where one is needed, stands behind the `#`, where it
// reaches no server and no log: `/watch/{stream}#access_token=…`.

import { Reader } from "/_/client/reader.js";
import { element, write } from "/_/play/page.js";
import { Feed } from "./feed.js";
import { History } from "./history.js";
import { ResultsView } from "./results-view.js";
import { Scopes } from "./scopes.js";
import { StatusLine } from "./status-line.js";
import { listStreams } from "./stream-list.js";
import { TreeView } from "./tree-view.js";

/** Of a stream whose scopes this page does not know. */
const STATE_MAX = 1000;
const COMPETITION = "competition:";

/** @param {string} path @returns {string} */
function streamOf(path) {
  const name = decodeURIComponent(path.split("/")[2] ?? "");
  // A competition's id is told apart without regard to case, its stream has it in lower case.
  return name.toLowerCase().startsWith(COMPETITION) ? name.toLowerCase() : name;
}

/** @param {string} stream @param {string} token */
function watch(stream, token) {
  document.title = `${stream} · stadion`;
  write(element("stream"), stream);
  element("main").classList.add(stream.startsWith(COMPETITION) ? "of-competition" : "of-list");
  const scopes = stream.startsWith(COMPETITION) ? new Scopes() : null;
  const results = scopes && new ResultsView();
  const [tree, feed, line] = [new TreeView(), new Feed(new History(stream, token)), new StatusLine()];
  /** @type {import("/_/client/read-cursor.js").ReadEvent[]} */
  let state = [];
  let [complete, drawing] = [false, false];

  function draw() {
    drawing = false;
    results?.draw(/** @type {Scopes} */ (scopes));
    if (scopes) tree.drawScopes(scopes);
    else tree.drawList(state, complete);
    feed.draw();
    line.position(reader.position);
  }

  // What comes between two frames of the screen is drawn at once.
  function changed() {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(draw);
  }

  const reader = new Reader(undefined, stream, {
    token,
    onState: (event) => {
      if (scopes) scopes.apply(event);
      else state = [...state, event].slice(-STATE_MAX);
      changed();
    },
    onLive: (position) => {
      complete = true;
      feed.begin(position);
      changed();
    },
    onEvent: (event) => {
      scopes?.apply(event);
      feed.add(event);
      changed();
    },
    onReset: () => {
      scopes?.clear();
      state = [];
      complete = false;
      feed.reset();
      changed();
    },
    onStatus: (status) => {
      line.status(status);
      changed();
    },
    onClosed: (code, reason) => {
      line.ended(code === 4401 ? `${reason}; add #access_token=… to this page's address` : reason);
    },
  });
  changed();
}

const stream = streamOf(location.pathname);
const token = new URLSearchParams(location.hash.slice(1)).get("access_token") ?? "";
if (stream) watch(stream, token);
else void listStreams(token);
