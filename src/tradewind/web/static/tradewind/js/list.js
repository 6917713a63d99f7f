/**
 * The list: j/k, open, select. Rows are .row[data-id][data-url] with an a.row__link whose
 * hx-get brings the thread into #thread; the neighbour is fetched before it is asked for.
 * data-seen-url is told when a fetched-ahead thread is really opened.
 */

import { define } from "./deeds.js";
import { post } from "./server.js";

const ahead = new Map(); // url → promise of HTML, for a short while
const freshFor = 30_000;
let opening = null; // the conversation whose thread is on its way

const rows = () => [...document.querySelectorAll("#list .row[data-id]")];
const openRow = () => document.querySelector("#list .row.is-open");

function focusedRow() {
  return document.activeElement?.closest?.(".row[data-id]") ?? openRow();
}

/** Fetches a thread so that opening it needs no wait. */
export function prefetch(row) {
  const url = row?.dataset.url;
  if (!url || ahead.has(url)) return;
  const headers = { "HX-Request": "true", "HX-Target": "thread", "X-Requested-With": "fetch", Purpose: "prefetch" };
  const asked = fetch(url, { headers, credentials: "same-origin" })
    .then((answer) => (answer.ok && !answer.redirected ? answer.text() : null))
    .catch(() => null);
  ahead.set(url, asked);
  setTimeout(() => ahead.get(url) === asked && ahead.delete(url), freshFor);
}

/** Forgets what was fetched ahead: all of it, or one conversation's. */
export function forget(id = null) {
  if (id === null) return ahead.clear();
  const row = document.querySelector(`#list .row[data-id="${CSS.escape(id)}"]`);
  if (row) ahead.delete(row.dataset.url);
}

/** A thread fetched ahead, used once; null where it was forgotten while it was still on its way. */
async function take(url) {
  const asked = ahead.get(url);
  const html = await asked;
  if (!asked || ahead.get(url) !== asked) return null;
  ahead.delete(url);
  return html;
}

function markOpening(row) {
  opening = row.dataset.id;
  markOpen(opening);
}

function markOpen(id) {
  for (const row of rows()) row.classList.toggle("is-open", row.dataset.id === id);
}

async function open(row) {
  if (!row) return;
  markOpening(row);
  row.scrollIntoView({ block: "nearest" });
  const frame = document.querySelector(".frame--inbox");
  if (frame) frame.dataset.pane = "thread";
  const html = await take(row.dataset.url);
  if (opening !== row.dataset.id) return; // another was opened meanwhile
  if (html === null) {
    row.querySelector(".row__link")?.click();
  } else {
    window.htmx.swap("#thread", html, { swapStyle: "outerHTML" });
    history.pushState({ htmx: true }, "", row.querySelector(".row__link")?.href ?? row.dataset.url);
    if (row.dataset.seenUrl) post(row.dataset.seenUrl, new FormData()).catch(() => {});
  }
  row.classList.remove("is-unread");
  const all = rows();
  prefetch(all[all.indexOf(row) + 1]);
}

function step(by) {
  const all = rows();
  if (!all.length) return false;
  const at = all.indexOf(openRow());
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  if (next) open(next);
  return true;
}

define("next", () => step(1));
define("previous", () => step(-1));
define("open", (event) => {
  // Enter on a link or button is theirs.
  if (event?.target.closest?.("a, button, summary, [role=option], [role=tab]")) return false;
  const row = focusedRow();
  if (!row) return false;
  open(row);
  return true;
});
define("select", () => {
  const box = focusedRow()?.querySelector(".pick input");
  box?.click();
  return Boolean(box);
});
define("back", () => {
  if (document.activeElement?.matches("input, textarea, [contenteditable]")) {
    document.activeElement.blur();
    return true;
  }
  const frame = document.querySelector(".frame--inbox[data-pane]");
  if (frame?.dataset.pane !== "thread") return false;
  frame.dataset.pane = "list";
  openRow()?.focus();
  return true;
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("#list .row__link");
  if (!link) return;
  const row = link.closest(".row");
  ahead.delete(row.dataset.url);
  markOpening(row);
  row.classList.remove("is-unread");
  const frame = document.querySelector(".frame--inbox");
  if (frame) frame.dataset.pane = "thread";
  const all = rows();
  prefetch(all[all.indexOf(row) + 1]);
});

document.addEventListener("change", (event) => {
  const row = event.target.closest?.(".pick")?.closest(".row");
  if (!row) return;
  row.classList.toggle("is-picked", event.target.checked);
  const picked = rows().filter((one) => one.classList.contains("is-picked"));
  document.getElementById("list")?.classList.toggle("is-picking", picked.length > 0);
  const bar = document.querySelector("[data-bulk]");
  if (bar) bar.hidden = picked.length === 0;
  for (const place of document.querySelectorAll("[data-bulk-count]")) place.textContent = picked.length;
});

// A draft or a file tells nobody: what was fetched ahead of this conversation is old now.
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, verb } = event.detail.requestConfig;
  const id = verb !== "get" && (elt.closest("#thread") ?? event.target.closest?.("#thread"))?.dataset.id;
  if (id) forget(id);
});

// A row drawn anew by the server does not know which one is open here, or will be in a moment.
document.addEventListener("htmx:afterSettle", () => {
  const shown = document.querySelector("#thread[data-id]")?.dataset.id;
  if (shown === opening) opening = null;
  if (opening ?? shown) markOpen(opening ?? shown);
});
