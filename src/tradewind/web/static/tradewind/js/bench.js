/**
 * The bench by keyboard: the step in hand takes its keys, and gives way to the next when it has its
 * answer. Without this script the same form is filled with Tab, arrows and Space.
 */

import { chordOf, isTyping } from "./keys.js";

const form = document.querySelector("[data-bench]");
const steps = [...(form?.querySelectorAll("[data-step]") ?? [])];
let at = 0;

const isMany = (step) => "many" in step.dataset;
const isSaid = (step) => isMany(step) || Boolean(step.querySelector("input:checked:not([name=also]), input[name=other_language]:valid:not(:placeholder-shown)"));

function go(number) {
  at = Math.max(0, Math.min(number, steps.length - 1));
  for (const [n, step] of steps.entries()) step.classList.toggle("is-here", n === at);
  steps[at].scrollIntoView({ block: "nearest" });
}

function onward() {
  if (at < steps.length - 1) go(at + 1);
}

/** Saves when everything is said, else leads to what is not. */
function finish() {
  const open = steps.findIndex((step) => !isSaid(step));
  if (open >= 0) return go(open);
  form.requestSubmit(form.querySelector("[data-save]"));
}

/** The element that a key presses: one of the step in hand, else a button of the page. */
function pressed(chord) {
  const own = `[data-press="${CSS.escape(chord)}"]`;
  return steps[at]?.querySelector(own) ?? [...document.querySelectorAll(own)].find((each) => !each.closest("[data-step]"));
}

function press(element) {
  if (element.matches("input[name=other_language]")) return element.focus();
  element.click();
  if (element.type === "radio") onward();
}

function heard(event) {
  if (event.isComposing || event.keyCode === 229 || event.altKey || event.ctrlKey || event.metaKey) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Enter" && !event.target.closest?.("button, a, summary")) {
    event.preventDefault();
    event.stopPropagation();
    return finish();
  }
  if (isTyping(event.target)) return;
  if (event.key === "Backspace") {
    event.preventDefault();
    return go(at - 1);
  }
  // A capital is its letter with Shift, whatever Caps Lock says.
  const letter = /^\p{L}$/u.test(event.key);
  const element = pressed(letter ? `${event.shiftKey ? "Shift+" : ""}${event.key.toLowerCase()}` : chordOf(event));
  if (!element) return;
  event.preventDefault();
  event.stopPropagation();
  press(element);
}

if (form) {
  // Before the keys of the desk: here a letter is a problem, not a command.
  document.addEventListener("keydown", heard, true);
  form.addEventListener("focusin", (event) => {
    const step = event.target.closest("[data-step]");
    if (step) go(steps.indexOf(step));
  });
  form.addEventListener("click", (event) => {
    const step = event.detail > 0 && event.target.closest("label.pick1")?.closest("[data-step]");
    if (step && !isMany(step)) setTimeout(() => go(steps.indexOf(step) + 1));
  });
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => delete form.dataset.sent);
  go(Math.max(0, steps.findIndex((step) => !isSaid(step))));
  form.dataset.ready = "";
}
