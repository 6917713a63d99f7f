/**
 * One EventSource a tab: <body data-events-url="/events?last=41">, where 41 is the last event before
 * the page was read. The browser repeats Last-Event-ID when it connects again. "gap" says that what
 * was missed is lost: all in view is read again. An event's data is JSON: {"topics": ["conversation:12", "list"],
 * "rows": [rows, see rows.js], "notes": [{"kind": "typing", …}], "counts": {"mine": 16},
 * "unread": 3}. Every element with a topic in data-live gets a "live" event, so hx-trigger="live"
 * reads it again with this person's rights; a note becomes "live:KIND" on the document.
 */

import { forget } from "./list.js";
import { placeRow, readAgain } from "./rows.js";
import { say } from "./words.js";

const due = new Set(); // elements to read again
let flushing = 0;
let source = null;
let lastId = ""; // of the newest event acted on: they are told in the order of their ids
let retry = 1000;
let quiet = 0;
const plainTitle = () => document.title.replace(/^\(\d+\) /, "");

function banner(text) {
  const box = document.querySelector("[data-banner]");
  if (!box) return;
  box.hidden = !text;
  if (text) box.querySelector("span").textContent = text;
}

function isNews(id) {
  if (!id) return true;
  if (Number(id) <= Number(lastId)) return false;
  lastId = id;
  return true;
}

function flush() {
  for (const element of due) if (element.isConnected) element.dispatchEvent(new CustomEvent("live", { bubbles: false }));
  due.clear();
  flushing = 0;
}

/** Acts on one event; the same id twice, or an older one, does nothing. */
export function receive(id, data) {
  if (!isNews(id)) return;
  for (const row of data.rows ?? []) placeRow(row);
  for (const note of data.notes ?? []) document.dispatchEvent(new CustomEvent(`live:${note.kind}`, { detail: note }));
  for (const topic of data.topics ?? []) {
    if (topic.startsWith("conversation:")) forget(topic.slice(13));
    for (const element of document.querySelectorAll(`[data-live~="${CSS.escape(topic)}"]`)) due.add(element);
  }
  // Many events come together; one reading answers them all.
  if (due.size && !flushing) flushing = setTimeout(flush, 120);
  for (const [key, count] of Object.entries(data.counts ?? {})) showCount(key, count);
  if (typeof data.unread === "number") document.title = data.unread ? `(${data.unread}) ${plainTitle()}` : plainTitle();
}

function showCount(key, count) {
  for (const place of document.querySelectorAll(`[data-count-of="${CSS.escape(key)}"]`)) {
    place.textContent = count;
    place.hidden = place.classList.contains("unread") && !count;
  }
}

function connect(url) {
  const place = new URL(url, location.href);
  if (lastId) place.searchParams.set("last", lastId);
  source = new EventSource(place);
  source.onopen = () => {
    retry = 1000;
    clearTimeout(quiet);
    banner("");
  };
  source.onmessage = (event) => receive(event.lastEventId, JSON.parse(event.data));
  // The server lost our place: read everything in view again.
  source.addEventListener("gap", (event) => {
    lastId = event.lastEventId || lastId;
    forget();
    readAgain();
    for (const element of document.querySelectorAll("[data-live]")) due.add(element);
    flush();
  });
  source.onerror = () => {
    clearTimeout(quiet);
    quiet = setTimeout(() => banner(say("offline")), 3000);
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again itself
    setTimeout(() => connect(url), retry + Math.random() * 500);
    retry = Math.min(retry * 2, 30_000);
  };
}

const url = document.body.dataset.eventsUrl;
if (url) {
  connect(url);
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && connect(url));
}
addEventListener("offline", () => banner(say("offline")));
addEventListener("online", () => banner(""));
