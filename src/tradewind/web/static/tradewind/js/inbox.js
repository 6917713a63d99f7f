/**
 * What only the workspace needs: popovers beside their button, the log read anew without losing
 * one's place, what the server's answers set off, who else is here, insertion by ":name".
 */

import { insertText, setMode } from "./composer.js";
import { define, perform } from "./deeds.js";
import { post } from "./server.js";

const thread = () => document.getElementById("thread");
const htmx = () => window.htmx;

/* Popovers stand under the button that opened them. */

let invoker = null;

function put(popover) {
  if (!invoker?.isConnected || !popover.matches(":popover-open")) return;
  const at = invoker.getBoundingClientRect();
  const box = popover.getBoundingClientRect();
  const room = document.documentElement.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, room.width - box.width - 8));
  const below = at.bottom + 4;
  const top = below + box.height < innerHeight - 8 ? below : Math.max(8, at.top - box.height - 4);
  popover.style.setProperty("left", `${left}px`);
  popover.style.setProperty("top", `${top}px`);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[popovertarget]");
  if (button) invoker = button;
}, true);
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("[popover]") && event.newState === "open") put(event.target);
}, true);
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.matches?.("[popover]")) put(event.detail.target);
});
document.addEventListener("corrected", () => document.getElementById("correcting")?.hidePopover());

/* Filters: one line until asked for all. */

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-filters]");
  if (!button) return;
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  button.closest(".list__head").classList.toggle("is-wide", open);
});

/* Counts follow the stream, but not every event of it. */

let counting = 0;
document.addEventListener("live", (event) => {
  if (!event.target.matches?.("[data-views]")) return;
  counting ||= setTimeout(() => {
    counting = 0;
    const views = document.getElementById("views");
    if (!views?.querySelector(":popover-open")) htmx().trigger(views, "counts"); // somebody is asked
  }, 1200);
}, true);

/* The log is read anew unless somebody works in it; then as soon as they are done. */

let waiting = false;

function isBusy(log) {
  const inside = log.contains(document.activeElement) && document.activeElement.matches("textarea, input");
  return inside || document.getElementById("correcting")?.matches(":popover-open");
}

function refresh() {
  const log = document.getElementById("log");
  if (!log) return;
  if (isBusy(log)) waiting = true;
  else htmx().trigger(log, "fresh");
}

document.addEventListener("live", (event) => event.target.id === "log" && refresh(), true);
document.addEventListener("log-changed", (event) => {
  if (String(event.detail.id) === thread()?.dataset.id) refresh();
});
document.addEventListener("focusout", () => setTimeout(() => waiting && ((waiting = false), refresh()), 200));
document.addEventListener("toggle", (event) => event.target.id === "correcting" && waiting && ((waiting = false), refresh()), true);

let wasAtEnd = true;
let openParts = [];
let grownFrom = 0; // the height before earlier messages came in above
document.addEventListener("htmx:beforeSwap", (event) => {
  const log = event.detail.target;
  if (log?.id !== "log") return;
  grownFrom = event.detail.requestConfig?.elt?.matches("[data-earlier]") ? log.scrollHeight : 0;
  wasAtEnd = !grownFrom && log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  openParts = [...log.querySelectorAll("li[id] details[open]")].map((part) => part.closest("li").id);
});
document.addEventListener("htmx:afterSwap", (event) => {
  const log = event.detail.target;
  if (log?.id !== "log") return;
  for (const id of openParts) for (const part of document.getElementById(id)?.querySelectorAll("details.quoted") ?? []) part.open = true;
  if (wasAtEnd) log.scrollTop = log.scrollHeight;
  else if (grownFrom) log.scrollTop += log.scrollHeight - grownFrom;
});

/* An answer that says no is shown where it belongs. */

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if ((xhr.status === 409 || xhr.status === 422) && xhr.getResponseHeader("HX-Retarget")) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-seen-newer]");
  if (!button) return;
  const form = button.closest("form");
  form.querySelector("input[name=base]").value = button.dataset.seenNewer;
  if (button.dataset.newKey) form.querySelector("input[name=key]").value = button.dataset.newKey;
  button.closest("[data-stale]").replaceChildren();
  refresh();
  form.querySelector("[data-text]").focus();
});

/* Undo: the text comes back where it was written. */

function showComposer(id) {
  if (thread()?.dataset.id !== String(id)) return location.assign(`/c/${id}`);
  refresh();
  const url = thread().dataset.composerUrl;
  htmx().ajax("GET", url, { target: "#composer", swap: "outerHTML" }).then(() => document.querySelector("#composer [data-text]")?.focus());
}

document.addEventListener("undone", (event) => {
  const id = new URL(event.detail.url, location.href).searchParams.get("c");
  if (id) showComposer(id);
});
document.addEventListener("taken-back", (event) => showComposer(event.detail.id));

/* On to the next. */

document.addEventListener("open-next", () => perform("next"));
document.addEventListener("bulk-done", () => {
  for (const box of document.querySelectorAll("#list .pick input:checked")) box.click();
});
define("close-next", () => {
  const button = document.querySelector('[data-key~="close"]');
  if (!button) return false;
  button.click();
  return perform("next");
});

/* Printing. */

document.addEventListener("click", (event) => event.target.closest?.("[data-print]") && window.print());

/* ":order " becomes the order's number. */

document.addEventListener("input", (event) => {
  const text = event.target;
  if (!text.matches?.("[data-composer] [data-text]") || event.isComposing) return;
  const before = text.value.slice(0, text.selectionStart);
  const named = /(?:^|\s):(\w+)[ \n]$/.exec(before);
  const value = named && text.form.querySelector(`[data-variable="${CSS.escape(named[1])}"]`)?.dataset.insert;
  if (!value) return;
  const start = before.length - named[1].length - 2;
  text.setSelectionRange(start, before.length - 1);
  insertText(value, text.form);
});
document.addEventListener("click", (event) => {
  const item = event.target.closest?.("details.menu[open] .menu__body > *");
  if (item) item.closest("details").open = false;
});

/* Who else is here. */

const here = new Map(); // conversation → person → {name, letters, state, at}
const stay = 40_000;
const me = () => document.getElementById("list")?.dataset.me;
let told = { id: "", state: "", at: 0 };

function tell(state) {
  const url = thread()?.dataset.hereUrl;
  if (!url) return;
  const id = thread().dataset.id;
  const fresh = told.id === id && told.state === state && Date.now() - told.at < (state === "writing" ? 6000 : 20_000);
  if (fresh) return;
  told = { id, state, at: Date.now() };
  const data = new FormData();
  data.set("state", state);
  post(url, data).catch(() => {});
}

function leave() {
  const url = thread()?.dataset.hereUrl;
  if (!url || !told.id) return;
  const data = new FormData();
  data.set("state", "gone");
  post(url, data, { keepalive: true }).catch(() => {});
  told = { id: "", state: "", at: 0 };
}

function draw(id) {
  const now = Date.now();
  const people = [...(here.get(String(id)) ?? new Map()).values()].filter((one) => now - one.at < stay && one.state !== "gone");
  for (const place of document.querySelectorAll(`[data-mates-of="${CSS.escape(String(id))}"]`)) {
    place.replaceChildren(...people.map((one) => {
      const mate = Object.assign(document.createElement("span"), { className: `mate is-${one.state}`, title: one.name, textContent: one.letters });
      return mate;
    }));
  }
}

document.addEventListener("live:presence", (event) => {
  const { conversation, person, name, letters, state } = event.detail;
  if (String(person) === me()) return;
  const of = here.get(String(conversation)) ?? new Map();
  of.set(person, { name, letters, state, at: Date.now() });
  here.set(String(conversation), of);
  draw(conversation);
});
document.addEventListener("htmx:afterSettle", () => { for (const id of here.keys()) draw(id); });
document.addEventListener("htmx:beforeSwap", (event) => event.detail.target?.id === "thread" && leave());
document.addEventListener("htmx:load", (event) => event.detail.elt.id === "thread" && tell("looking"));
document.addEventListener("input", (event) => event.target.matches?.("[data-composer] [data-text]") && tell("writing"));
addEventListener("pagehide", leave);
setInterval(() => {
  for (const id of here.keys()) draw(id);
  if (thread()?.dataset.id) tell(document.hidden ? "idle" : "looking");
}, 20_000);
if (thread()?.dataset.id) setTimeout(() => tell("looking"), 400);

/* A note's draft waits under its tab. */

document.addEventListener("htmx:load", (event) => {
  const form = event.detail.elt.matches?.("form[data-composer]") ? event.detail.elt : event.detail.elt.querySelector?.("form[data-composer]");
  if (form?.dataset.noteDraft && !form.querySelector("[data-text]").value) setMode(form, "note", { focus: false });
});
