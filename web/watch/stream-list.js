// `/watch/` without a stream: which there are.

import { element, make, write } from "/_/play/page.js";

/** @param {string} token "" for none */
export async function listStreams(token) {
  write(element("now-title"), "Streams");
  element("events").closest("section")?.remove();
  element("status-text").closest("footer")?.remove();
  const root = element("now");
  /** @type {Record<string, string>} */
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch("/v1/streams?limit=1000", { headers });
  if (!response.ok) return root.replaceChildren(make("p", "empty", `The server does not list them (${response.status}).`));
  /** @type {{ streams: { name: string, kind: string, readers: number }[] }} */
  const { streams } = await response.json();
  const events = streams.filter(({ kind }) => kind === "events");
  if (events.length === 0) return root.replaceChildren(make("p", "empty", "There is no stream of events yet."));
  const list = make("ul", "streams");
  for (const { name, readers } of events) {
    const link = document.createElement("a");
    link.href = `/watch/${encodeURIComponent(name)}${location.hash}`;
    link.textContent = name;
    const item = make("li");
    item.append(link, make("span", "count", readers === 1 ? "1 reader" : `${readers} readers`));
    list.append(item);
  }
  root.replaceChildren(list);
}
