/**
 * <tw-command data-search-url>: Ctrl/⌘ K finds every command and every conversation.
 * The endpoint answers GET ?q= with JSON [{"title", "url", "hint", "group"}].
 */

import { define, elementFor, perform } from "./deeds.js";
import { bindings, printed } from "./keymap.js";
import { say } from "./words.js";

const wait = 160;

class Command extends HTMLElement {
  connectedCallback() {
    define("palette", () => this.open());
    define("search", () => (elementFor("search") ? false : this.open()));
  }

  open() {
    if (!this.dialog) this.build();
    this.input.value = "";
    this.show();
    this.dialog.showModal();
    this.input.focus();
    return true;
  }

  build() {
    this.dialog = document.createElement("dialog");
    this.dialog.className = "command";
    const bar = document.createElement("div");
    bar.className = "command__q";
    this.input = Object.assign(document.createElement("input"), { type: "search", autocomplete: "off", spellcheck: false });
    this.input.setAttribute("aria-label", say("keys.palette"));
    this.input.placeholder = say("keys.palette");
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-expanded", "true");
    this.input.setAttribute("aria-controls", "command-list");
    this.list = Object.assign(document.createElement("div"), { className: "command__list", id: "command-list" });
    this.list.setAttribute("role", "listbox");
    bar.append(this.input);
    this.dialog.append(bar, this.list);
    this.append(this.dialog);
    this.input.addEventListener("input", () => this.show());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => this.take(event.target.closest("[role=option]")));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  show() {
    const query = this.input.value.trim();
    this.draw(commands(query), []);
    clearTimeout(this.timer);
    if (query.length > 1 && this.dataset.searchUrl) this.timer = setTimeout(() => this.look(query), wait);
  }

  async look(query) {
    this.asked?.abort();
    this.asked = new AbortController();
    const url = `${this.dataset.searchUrl}?q=${encodeURIComponent(query)}`;
    const answer = await fetch(url, { signal: this.asked.signal, headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok && this.input.value.trim() === query) this.draw(commands(query), await answer.json());
  }

  draw(found, things) {
    this.list.replaceChildren();
    this.section(say("commands"), found.slice(0, things.length ? 5 : 40));
    for (const [group, of] of byGroup(things)) this.section(group, of);
    if (!found.length && !things.length) {
      this.list.append(Object.assign(document.createElement("p"), { className: "command__empty", textContent: say("nothing_found") }));
    }
    this.choose(this.list.querySelector("[role=option]"));
  }

  section(title, things) {
    if (!things.length) return;
    this.list.append(Object.assign(document.createElement("h3"), { textContent: title }), ...things.map(line));
  }

  choose(option) {
    for (const one of this.list.querySelectorAll("[role=option]")) one.setAttribute("aria-selected", String(one === option));
    if (!option) return;
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  key(event) {
    if (event.isComposing) return;
    const all = [...this.list.querySelectorAll("[role=option]")];
    const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") this.choose(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") this.choose(all.at(at - 1));
    else if (event.key === "Enter") this.take(all[at]);
    // A search field would only empty itself.
    else if (event.key === "Escape") this.dialog.close();
    else return;
    event.preventDefault();
  }

  take(option) {
    if (!option) return;
    this.dialog.close();
    if (option.dataset.url) location.assign(option.dataset.url);
    else perform(option.dataset.deed);
  }
}

/** Deeds whose words hold the query, those that begin with it first. */
function commands(query) {
  const wanted = query.toLocaleLowerCase();
  return bindings()
    .filter((entry) => entry.deed !== "palette")
    .map((entry) => ({ deed: entry.deed, title: say(`keys.${entry.deed}`), keys: entry.keys }))
    .filter((entry) => entry.title.toLocaleLowerCase().includes(wanted))
    .sort((a, b) => b.title.toLocaleLowerCase().startsWith(wanted) - a.title.toLocaleLowerCase().startsWith(wanted));
}

function byGroup(things) {
  const groups = new Map();
  for (const thing of things) {
    const name = thing.group || say("conversations");
    groups.set(name, [...(groups.get(name) ?? []), thing]);
  }
  return groups;
}

let made = 0;

function line({ title, deed = "", url = "", hint = "", keys = "" }) {
  const option = Object.assign(document.createElement("div"), { id: `command-${(made += 1)}` });
  option.setAttribute("role", "option");
  if (deed) option.dataset.deed = deed;
  if (url) option.dataset.url = url;
  option.append(Object.assign(document.createElement("span"), { textContent: title, dir: "auto" }));
  if (hint) option.append(Object.assign(document.createElement("span"), { className: "meta", textContent: hint }));
  if (keys) option.append(...printed(keys).flat().map((cap) => Object.assign(document.createElement("kbd"), { textContent: cap })));
  return option;
}

customElements.define("tw-command", Command);
