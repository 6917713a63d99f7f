/**
 * form[data-composer][data-draft-url][data-limit] with textarea[data-text], and where wanted
 * [data-count], [data-saved], [data-mode="reply|note"] buttons, input[name=kind],
 * [data-send], [data-send-close] buttons, [data-stale] for what arrived meanwhile.
 * The draft goes to the server 2 s after the last key; a browser copy covers a lost connection.
 */

import { define, perform } from "./deeds.js";
import { keep, recall } from "./kept.js";
import { post } from "./server.js";
import { say } from "./words.js";

const pause = 2000;
const timers = new WeakMap();

const current = () => document.querySelector("form[data-composer]");
const textOf = (form) => form.querySelector("[data-text]");

function count(form) {
  const place = form.querySelector("[data-count]");
  const limit = Number(form.dataset.limit) || 0;
  if (!place) return;
  const used = [...textOf(form).value].length;
  place.textContent = limit ? `${used.toLocaleString()} / ${limit.toLocaleString()}` : used.toLocaleString();
  const over = limit > 0 && used > limit && !form.classList.contains("is-note");
  place.classList.toggle("is-over", over);
  place.title = over ? say("too_long", { n: used - limit }) : "";
}

function tell(form, text) {
  const place = form.querySelector("[data-saved]");
  if (place) place.textContent = text;
}

/** Saves the draft now; it stays in the browser until the server has it. */
export async function saveDraft(form) {
  clearTimeout(timers.get(form));
  timers.delete(form);
  const url = form.dataset.draftUrl;
  const name = `draft:${url}`;
  if (!url || !form.isConnected) return;
  keep(name, textOf(form).value);
  tell(form, say("saving"));
  const answer = await post(url, new FormData(form)).catch(() => null);
  if (answer?.ok) {
    if (recall(name) === textOf(form).value) keep(name, null);
    tell(form, say("saved"));
  } else if (answer?.status === 409) {
    showStale(form, await answer.text());
  } else {
    tell(form, say("not_saved"));
    timers.set(form, setTimeout(() => saveDraft(form), 5 * pause));
  }
}

function showStale(form, html) {
  const place = form.querySelector("[data-stale]");
  if (place) window.htmx.swap(place, html, { swapStyle: "innerHTML" });
}

function changed(form) {
  count(form);
  if (form.dataset.draftUrl) {
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => saveDraft(form), pause));
  }
}

/** Puts words where the caret is, as typing would, so that undo works. */
export function insertText(words, form = current()) {
  if (!form) return;
  const text = textOf(form);
  text.focus();
  if (!document.execCommand("insertText", false, words)) text.setRangeText(words, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Switches between the reply and the internal note. */
export function setMode(form, mode, { focus = true } = {}) {
  changeText(form, mode);
  form.classList.toggle("is-note", mode === "note");
  for (const button of form.querySelectorAll("[data-for]")) button.disabled = button.dataset.for !== mode;
  for (const tab of form.querySelectorAll("[data-mode]")) tab.setAttribute("aria-selected", String(tab.dataset.mode === mode));
  const kind = form.querySelector("input[name=kind]");
  if (kind) kind.value = mode;
  count(form);
  if (focus) textOf(form).focus();
}

/** Each mode has its own text: what is written to a buyer never turns into a note, or back. */
function changeText(form, mode) {
  const text = textOf(form);
  const from = form.classList.contains("is-note") ? "note" : "reply";
  if (from === mode) return;
  if (timers.has(form)) saveDraft(form);
  form.dataset[`${from}Draft`] = text.value;
  text.value = form.dataset[`${mode}Draft`] ?? "";
  text.placeholder = text.dataset[`${mode}Placeholder`] ?? text.placeholder;
}

for (const mode of ["reply", "note"]) {
  define(mode, () => {
    const form = current();
    if (form) setMode(form, mode);
    return Boolean(form);
  });
}
define("send", () => submit("[data-send]"));
define("send-close", () => submit("[data-send-close]"));

function submit(which) {
  const form = current();
  const button = form?.querySelector(`button${which}:enabled`) ?? form?.querySelector("button[data-send]:enabled");
  if (!button) return false;
  clearTimeout(timers.get(form));
  form.requestSubmit(button);
  return true;
}

document.addEventListener("click", (event) => {
  const tab = event.target.closest?.("form[data-composer] [data-mode]");
  if (tab) setMode(tab.closest("form"), tab.dataset.mode);
  const insert = event.target.closest?.("[data-insert]");
  if (insert) insertText(insert.dataset.insert);
});

document.addEventListener("input", (event) => {
  const text = event.target;
  if (!text.matches?.("form[data-composer] [data-text]")) return;
  changed(text.closest("form"));
  // "/" alone on its line asks for the macros.
  if (!event.isComposing && event.data === "/" && /(^|\n)\/$/.test(text.value.slice(0, text.selectionStart))) {
    if (perform("macro", event)) text.setRangeText("", text.selectionStart - 1, text.selectionStart, "end");
  }
});

document.addEventListener("focusout", (event) => {
  const form = event.target.closest?.("form[data-composer]");
  // A press on Send inside the form sends; saving a draft beside it would outlive the reply.
  if (form && timers.has(form) && !form.contains(event.relatedTarget)) saveDraft(form);
});

document.addEventListener(
  "submit",
  (event) => {
    if (!event.target.matches?.("form[data-composer]")) return;
    clearTimeout(timers.get(event.target));
    timers.delete(event.target);
    keep(`draft:${event.target.dataset.draftUrl}`, null);
  },
  true,
);

function begin(form) {
  const lost = recall(`draft:${form.dataset.draftUrl}`);
  if (lost && !textOf(form).value) {
    textOf(form).value = lost;
    changed(form);
  }
  count(form);
}

document.querySelectorAll("form[data-composer]").forEach(begin);
document.addEventListener("htmx:load", (event) => {
  const root = event.detail.elt;
  if (root.matches?.("form[data-composer]")) begin(root);
  root.querySelectorAll?.("form[data-composer]").forEach(begin);
});
