/**
 * Every key and what it does. The sheet of keys is drawn from this list, so it cannot lie.
 * A chord is written "Mod+Shift+Enter"; "g i" is g, then i. Mod is Ctrl, on a Mac also Cmd.
 */

import { keep, recall } from "./kept.js";

export const defaults = [
  { deed: "next", keys: "j", group: "move" },
  { deed: "previous", keys: "k", group: "move" },
  { deed: "open", keys: "Enter", group: "move" },
  { deed: "back", keys: "Escape", group: "move", typing: true },
  { deed: "search", keys: "/", group: "move" },
  { deed: "palette", keys: "Mod+k", group: "move", typing: true },
  { deed: "select", keys: "x", group: "act" },
  { deed: "assign", keys: "a", group: "act" },
  { deed: "assign-me", keys: "i", group: "act" },
  { deed: "status", keys: "s", group: "act" },
  { deed: "close", keys: "e", group: "act" },
  { deed: "close-next", keys: "Shift+E", group: "act" },
  { deed: "snooze", keys: "z", group: "act" },
  { deed: "reply", keys: "r", group: "write" },
  { deed: "note", keys: "n", group: "write" },
  { deed: "macro", keys: "m", group: "write" },
  { deed: "send", keys: "Mod+Enter", group: "write", typing: true },
  { deed: "send-close", keys: "Mod+Shift+Enter", group: "write", typing: true },
  { deed: "translate", keys: "t", group: "look" },
  { deed: "order", keys: "o", group: "look" },
  { deed: "buyer", keys: "b", group: "look" },
  { deed: "panel-left", keys: "[", group: "look" },
  { deed: "panel-right", keys: "]", group: "look" },
  { deed: "copy-number", keys: ".", group: "look" },
  { deed: "copy-title", keys: ". .", group: "look" },
  { deed: "copy-link", keys: ". . .", group: "look" },
  { deed: "help", keys: "?", group: "look" },
  { deed: "go-inbox", keys: "g i", group: "go" },
  { deed: "go-mine", keys: "g m", group: "go" },
  { deed: "go-unassigned", keys: "g u", group: "go" },
  { deed: "go-due", keys: "g d", group: "go" },
  { deed: "go-claims", keys: "g c", group: "go" },
  { deed: "go-buyers", keys: "g b", group: "go" },
  { deed: "go-settings", keys: "g s", group: "go" },
];

/** The map in force: the defaults with this person's changes. */
export function bindings() {
  const own = recall("keys", {});
  return defaults.map((entry) => ({ ...entry, keys: own[entry.deed] ?? entry.keys }));
}

/** Binds a deed to other keys; returns the deed that has them already, if any. */
export function rebind(deed, keys) {
  const taken = bindings().find((entry) => entry.keys === keys && entry.deed !== deed);
  if (taken) return taken.deed;
  keep("keys", { ...recall("keys", {}), [deed]: keys });
  return null;
}

export function resetKeys() {
  keep("keys", null);
}

/** A chord as it is printed on the sheet: "Ctrl Shift ↵". */
export function printed(keys) {
  const mac = /Mac|iPhone|iPad/.test(navigator.platform);
  const names = { Mod: mac ? "⌘" : "Ctrl", Shift: "⇧", Enter: "↵", Escape: "Esc", ArrowUp: "↑", ArrowDown: "↓" };
  return keys.split(" ").map((chord) => chord.split(/\+(?=.)/).map((key) => names[key] ?? key));
}
