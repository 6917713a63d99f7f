/** Turns key presses into deeds. Silent while someone types or composes with an input method. */

import { bindings } from "./keymap.js";
import { perform } from "./deeds.js";

const patience = 900; // ms between the keys of a sequence
let typed = [];
let waiting = 0;

/** The chord of an event in the notation of the map, or "" for a bare modifier. */
export function chordOf(event) {
  if (["Control", "Shift", "Alt", "Meta", "AltGraph", "CapsLock", "Dead", "Process"].includes(event.key)) return "";
  const mod = event.ctrlKey || event.metaKey;
  const key = mod && event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const shift = event.shiftKey && (key.length > 1 || (/\p{L}/u.test(key) && !mod));
  return `${mod ? "Mod+" : ""}${shift ? "Shift+" : ""}${key === " " ? "Space" : key}`;
}

export function isTyping(target) {
  if (!(target instanceof Element) && !target?.closest) return false;
  return Boolean(target.closest("input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]:not([contenteditable=false])"));
}

function heard(event) {
  // keyCode 229: some input methods report composition only this way.
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229 || event.altKey) return;
  const chord = chordOf(event);
  if (!chord) return;
  const typing = isTyping(event.target);
  const open = document.querySelector("dialog[open]");
  const known = bindings().filter((entry) => (!typing || entry.typing) && (!open || entry.deed === "palette"));
  const sequence = [...typed, chord];
  const hit = bestHit(known, sequence, chord);
  const longer = known.some((entry) => entry.keys.startsWith(`${sequence.join(" ")} `));
  clearTimeout(waiting);
  typed = longer ? sequence : [];
  if (longer) waiting = setTimeout(() => (typed = []), patience);
  if (hit ? perform(hit.deed, event) : longer) event.preventDefault();
}

function bestHit(known, sequence, chord) {
  return (
    known.find((entry) => entry.keys === sequence.join(" ")) ??
    (sequence.length > 1 ? undefined : known.find((entry) => entry.keys === chord))
  );
}

/** Listens in a document: ours, and the frame of a mail, so that keys work there too. */
export function listen(doc) {
  doc.addEventListener("keydown", heard);
}
