/**
 * The macro palette of the composer: .palette[data-macros] with input[type=search] (its list is
 * fetched by htmx) and [role=option] lines carrying data-text, data-apply-url and an optional
 * <template> shown in [data-peek]. Enter inserts and does, Alt+Enter inserts only the words.
 */

import { define } from "./deeds.js";
import { insertText } from "./composer.js";

const box = () => document.querySelector(".palette[data-macros]");
const options = () => [...(box()?.querySelectorAll("[role=option]") ?? [])];

function choose(option) {
  for (const one of options()) one.setAttribute("aria-selected", String(one === option));
  if (!option) return;
  option.scrollIntoView({ block: "nearest" });
  const peek = box().querySelector("[data-peek]");
  const words = option.querySelector("template");
  if (peek && words) peek.replaceChildren(words.content.cloneNode(true));
}

function close() {
  box()?.removeAttribute("data-open");
  document.querySelector("form[data-composer] [data-text]")?.focus();
}

function take(option, wordsOnly) {
  close();
  if (!option) return;
  insertText(option.dataset.text ?? "");
  if (!wordsOnly && option.dataset.applyUrl) window.htmx.ajax("POST", option.dataset.applyUrl, { swap: "none" });
}

define("macro", () => {
  if (!box()) return false;
  box().setAttribute("data-open", "");
  box().querySelector("input")?.focus();
  choose(options()[0]);
  return true;
});

document.addEventListener("keydown", (event) => {
  if (!event.target.closest?.(".palette[data-macros]") || event.isComposing) return;
  const all = options();
  const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  const moves = { ArrowDown: at + 1, ArrowUp: at - 1 };
  if (event.key in moves) choose(all.at(moves[event.key] % (all.length || 1)));
  else if (event.key === "Enter") take(all[at] ?? all[0], event.altKey);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  const option = event.target.closest?.(".palette[data-macros] [role=option]");
  if (option) take(option, event.altKey);
  else if (box()?.hasAttribute("data-open") && !event.target.closest?.(".palette, [data-key~=macro], [data-do=macro]")) close();
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.closest?.(".palette[data-macros]")) choose(options()[0]);
});
