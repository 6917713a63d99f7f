/** The sheet of keys, drawn from the map; a press on a line waits for the new key. */

import { bindings, printed, rebind, resetKeys } from "./keymap.js";
import { chordOf } from "./keys.js";
import { define } from "./deeds.js";
import { say } from "./words.js";

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function keyboardKeys(keys) {
  return printed(keys).flatMap((chord, at) => {
    const caps = chord.map((cap) => element("kbd", { textContent: cap }));
    return at ? [element("small", { textContent: say("then") }), ...caps] : caps;
  });
}

function line(entry, redraw) {
  const note = element("span", { textContent: say(`keys.${entry.deed}`) });
  const button = element("button", { type: "button", title: say("change_key") }, note, ...keyboardKeys(entry.keys));
  button.addEventListener("click", () => {
    button.classList.add("is-waiting");
    note.textContent = say("press_key");
    const take = (event) => {
      const chord = chordOf(event);
      if (!chord) return;
      event.preventDefault();
      event.stopPropagation();
      button.removeEventListener("keydown", take);
      const taken = chord === "Escape" ? null : rebind(entry.deed, chord);
      redraw(taken ? say("key_taken", { key: chord, action: say(`keys.${taken}`) }) : "");
    };
    button.addEventListener("keydown", take);
    button.focus();
  });
  return button;
}

function draw(dialog, complaint = "") {
  const redraw = (text) => draw(dialog, text);
  const groups = Map.groupBy ? Map.groupBy(bindings(), (entry) => entry.group) : grouped(bindings());
  const sections = [...groups].map(([group, entries]) =>
    element("section", {}, element("h3", { textContent: say(`groups.${group}`) }), ...entries.map((entry) => line(entry, redraw))),
  );
  const close = element("button", { type: "button", className: "btn btn--quiet btn--s", textContent: "Esc" });
  close.addEventListener("click", () => dialog.close());
  const reset = element("button", { type: "button", className: "btn btn--s", textContent: say("reset_keys") });
  reset.addEventListener("click", () => {
    resetKeys();
    redraw("");
  });
  const body = element("div", { className: "dialog__body scroll" }, element("div", { className: "keys" }, ...sections));
  const header = element("header", {}, element("h2", { textContent: say("keys.help") }), element("span", { className: "grow" }), close);
  const foot = element("footer", {}, element("span", { className: "t-red grow", textContent: complaint }), reset);
  dialog.replaceChildren(header, body, foot);
}

function grouped(entries) {
  const groups = new Map();
  for (const entry of entries) groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
  return groups;
}

define("help", () => {
  const dialog = document.querySelector("dialog.keysheet") ?? element("dialog", { className: "dialog keysheet" });
  document.body.append(dialog);
  draw(dialog);
  dialog.showModal();
});
