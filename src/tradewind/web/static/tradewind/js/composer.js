/**
 * form[data-composer][data-draft-url][data-limit] with textarea[data-text], and where wanted
 * [data-count], [data-saved], [data-mode="reply|note"] buttons, input[name=kind],
 * [data-send], [data-send-close] buttons, [data-stale] for what arrived meanwhile.
 * How drafts reach the server: drafts.js.
 */

import { define, perform } from "./deeds.js";
import { dropCopy, isSaving, isUnsaved, isWaiting, keepCopy, modeOf, restore, saved, saveDraft, saveSoon, stopWaiting, textOf } from "./drafts.js";
import { isDeed } from "./server.js";
import { say } from "./words.js";

const current = () => document.querySelector("form[data-composer]");

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

function changed(form) {
  count(form);
  saveSoon(form);
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
  if (isUnsaved(form)) saveSoon(form);
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
  const from = modeOf(form);
  if (from === mode) return;
  if (isWaiting(form)) saveDraft(form);
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
  // Not requestSubmit: htmx sends the name of a button only if it was pressed.
  button.click();
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
  if (form && isWaiting(form) && !form.contains(event.relatedTarget)) saveDraft(form);
});

/* Sending: the copy stays until the server has taken the text. */

const isComposer = (element) => element.matches?.("form[data-composer]");

document.addEventListener(
  "submit",
  (event) => {
    if (!isComposer(event.target)) return;
    stopWaiting(event.target);
    keepCopy(event.target);
  },
  true,
);

document.addEventListener("htmx:confirm", (event) => {
  if (event.detail.verb === "get" || !isSaving()) return;
  event.preventDefault();
  saved().then(() => event.detail.issueRequest(true));
});

document.addEventListener("htmx:beforeSend", (event) => {
  // What is typed now would go with the form when the answer comes.
  if (isComposer(event.target)) textOf(event.target).readOnly = true;
});

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { requestConfig, xhr } = event.detail;
  // Before the empty composer is drawn, which would take up the copy.
  if (isComposer(requestConfig.elt) && isTaken(xhr)) dropCopy(requestConfig.elt, requestConfig.formData.get("kind"));
  // Nobody is led to the sign-in page in the middle of a word; the draft's line says what to do.
  if (xhr.getResponseHeader("HX-Redirect") && !isDeed(requestConfig) && isWriting()) event.preventDefault();
});

function isWriting() {
  const form = current();
  return form !== null && isUnsaved(form);
}

document.addEventListener("htmx:afterRequest", (event) => {
  const { requestConfig, xhr } = event.detail;
  const form = requestConfig.elt;
  if (!isComposer(form) || isTaken(xhr)) return;
  textOf(form).readOnly = false;
  if (form.isConnected) changed(form);
});

/** Whether the server took what was sent; an ended session answers with the way to sign in. */
function isTaken(xhr) {
  return xhr.status >= 200 && xhr.status < 300 && !xhr.getResponseHeader("HX-Redirect");
}

function begin(form) {
  restore(form);
  count(form);
}

document.querySelectorAll("form[data-composer]").forEach(begin);
document.addEventListener("htmx:load", (event) => {
  const root = event.detail.elt;
  if (root.matches?.("form[data-composer]")) begin(root);
  root.querySelectorAll?.("form[data-composer]").forEach(begin);
});
