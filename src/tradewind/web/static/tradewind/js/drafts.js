/**
 * What is being written, on its way to the server. A copy stays in this browser, by person,
 * conversation and kind, until the server has the text: a lost line, an ended session or a closed tab lose none.
 */

import { keep, recall } from "./kept.js";
import { forget } from "./list.js";
import { post } from "./server.js";
import { say } from "./words.js";

const pause = 2000;
const atLatest = 10_000; // while somebody types without a pause
const again = 10_000;
const patience = 15_000;
const timers = new WeakMap();
const since = new WeakMap(); // form → when its first unsaved key was pressed
const held = new WeakMap(); // form → kind → the text the server has
let saving = null; // the last save under way, after those before it

export const textOf = (form) => form.querySelector("[data-text]");
export const modeOf = (form) => (form.classList.contains("is-note") ? "note" : "reply");
const nameOf = (form, mode) => `draft:${form.dataset.person ?? ""}:${form.dataset.draftUrl}:${mode}`;

function tell(form, text) {
  const place = form.querySelector("[data-saved]");
  if (place) place.textContent = text;
}

/** Whether a text is not with the server yet, as far as this browser knows. */
export const isUnsaved = (form, mode = modeOf(form)) => recall(nameOf(form, mode)) !== null;
export const isWaiting = (form) => timers.has(form);

export function stopWaiting(form) {
  clearTimeout(timers.get(form));
  timers.delete(form);
  since.delete(form);
}

/** Keeps a copy in this browser, with what the server had when it was written. */
export function keepCopy(form) {
  if (!form.dataset.draftUrl) return;
  const mode = modeOf(form);
  keep(nameOf(form, mode), { text: textOf(form).value, over: held.get(form)?.[mode] ?? "" });
}

export const dropCopy = (form, mode) => keep(nameOf(form, mode), null);

/** The server has this text: a copy of it is no longer needed, one of more is. */
function nowHeld(form, mode, text) {
  if (held.has(form)) held.get(form)[mode] = text;
  const copy = recall(nameOf(form, mode));
  if (copy?.text === text) dropCopy(form, mode);
  else if (copy) keep(nameOf(form, mode), { text: copy.text, over: text });
}

/** Saves soon: two seconds after the last key, and ten after the first one. */
export function saveSoon(form) {
  if (!form.dataset.draftUrl) return;
  keepCopy(form);
  const begun = since.get(form) ?? Date.now();
  const left = Math.max(0, begun + atLatest - Date.now());
  saveIn(form, Math.min(pause, left));
  since.set(form, begun);
}

function saveIn(form, wait) {
  stopWaiting(form);
  // Where the line is slow they would only queue up.
  timers.set(form, setTimeout(() => (saving ? saveIn(form, pause) : saveDraft(form)), wait));
}

/** Saves the draft now. */
export async function saveDraft(form) {
  stopWaiting(form);
  const url = form.dataset.draftUrl;
  if (!url || !form.isConnected) return;
  keepCopy(form);
  tell(form, say("saving"));
  const mode = modeOf(form);
  const text = textOf(form).value;
  const conversation = form.closest("#thread")?.dataset.id;
  const answer = await inTurn(url, new FormData(form));
  // 409: kept as well, but the buyer has written since.
  if (!isSignedOut(answer) && (answer?.ok || answer?.status === 409)) {
    nowHeld(form, mode, text);
    if (conversation) forget(conversation);
    tell(form, say("saved"));
    if (answer.status === 409) showStale(form, await answer.text());
    return;
  }
  const words = say(isSignedOut(answer) ? "signed_out" : "not_saved");
  // On a telephone there is no room for it in the composer.
  if (isSignedOut(answer) && !form.hasAttribute("data-signed-out")) toast(words);
  form.toggleAttribute("data-signed-out", isSignedOut(answer));
  tell(form, words);
  if (!timers.has(form) && modeOf(form) === mode) saveIn(form, again);
}

/** One save after the other, so that the last word is the last to arrive. */
function inTurn(url, data) {
  const send = () => post(url, data, { signal: AbortSignal.timeout(patience) }).catch(() => null);
  const mine = (saving ?? Promise.resolve()).then(send);
  saving = mine;
  mine.then(() => saving === mine && (saving = null));
  return mine;
}

/** Once what is under way has arrived: a draft must not overtake a reply, or an undo. */
export const saved = () => Promise.race([saving, new Promise((done) => setTimeout(done, 5000))]);
export const isSaving = () => saving !== null;

const isSignedOut = (answer) => Boolean(answer && (answer.status === 401 || answer.redirected));

const toast = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, seconds: 8 } }));

function showStale(form, html) {
  const place = form.querySelector("[data-stale]");
  if (place) window.htmx.swap(place, html, { swapStyle: "innerHTML" });
}

/** Puts back what never reached the server, each text under its own tab. */
export function restore(form) {
  if (!form.dataset.draftUrl || held.has(form)) return;
  const drawn = { reply: textOf(form).value, note: form.dataset.noteDraft ?? "" };
  held.set(form, { ...drawn });
  const note = withCopy(drawn.note, recall(nameOf(form, "note")));
  if (note) form.dataset.noteDraft = note;
  textOf(form).value = withCopy(drawn.reply, recall(nameOf(form, "reply")));
  if (isUnsaved(form)) saveSoon(form);
}

/** The copy goes on from what the server has; where that has changed since, both are shown. */
function withCopy(drawn, copy) {
  if (!copy) return drawn;
  if (!drawn || copy.over === drawn) return copy.text;
  return drawn.includes(copy.text) ? drawn : `${drawn}\n\n${copy.text}`;
}
