/**
 * Columns a person drags: <span class="grip" data-resize="--list" role="separator" tabindex="0">.
 * Widths are custom properties on :root, set through the CSSOM, kept in this browser.
 */

import { keep, recall } from "./kept.js";

const limits = { "--views": [120, 320], "--list": [280, 640], "--context": [240, 560] };
const root = document.documentElement;

function set(name, px) {
  const [least, most] = limits[name] ?? [120, 800];
  const width = Math.round(Math.min(Math.max(px, least), most));
  root.style.setProperty(name, `${width}px`);
  return width;
}

const widths = recall("widths", {});
for (const [name, px] of Object.entries(widths)) if (name in limits) set(name, px);

function store(name, px) {
  widths[name] = px;
  keep("widths", widths);
}

/** 1 when dragging towards the line's end widens the column, -1 when it narrows it. */
function sense(grip) {
  const atStart = grip.classList.contains("grip--start");
  return (atStart ? -1 : 1) * (getComputedStyle(grip).direction === "rtl" ? -1 : 1);
}

/** Tells a screen reader how wide a column is and may be. */
function describe(grip) {
  const [least, most] = limits[grip.dataset.resize] ?? [120, 800];
  grip.setAttribute("aria-valuemin", least);
  grip.setAttribute("aria-valuemax", most);
  grip.setAttribute("aria-valuenow", Math.round(grip.parentElement.getBoundingClientRect().width));
}

function describeIn(place) {
  if (place.matches?.(".grip[data-resize]")) describe(place);
  for (const grip of place.querySelectorAll?.(".grip[data-resize]") ?? []) describe(grip);
}

function drag(event) {
  const grip = event.target.closest?.(".grip[data-resize]");
  if (!grip || event.button !== 0) return;
  event.preventDefault();
  const name = grip.dataset.resize;
  const from = grip.parentElement.getBoundingClientRect().width;
  const startX = event.clientX;
  let px = from;
  grip.setPointerCapture(event.pointerId);
  grip.classList.add("is-dragged");
  const move = (to) => (px = set(name, from + (to.clientX - startX) * sense(grip)));
  const end = () => {
    grip.removeEventListener("pointermove", move);
    grip.classList.remove("is-dragged");
    store(name, px);
  };
  grip.addEventListener("pointermove", move);
  grip.addEventListener("lostpointercapture", end, { once: true });
}

function nudge(event) {
  const grip = event.target.closest?.(".grip[data-resize]");
  const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
  if (!grip || !step) return;
  event.preventDefault();
  const width = grip.parentElement.getBoundingClientRect().width;
  store(grip.dataset.resize, set(grip.dataset.resize, width + step * sense(grip)));
}

function reset(event) {
  const grip = event.target.closest?.(".grip[data-resize]");
  if (!grip) return;
  root.style.removeProperty(grip.dataset.resize);
  delete widths[grip.dataset.resize];
  keep("widths", widths);
}

describeIn(document);
document.addEventListener("htmx:load", (event) => describeIn(event.detail.elt));
document.addEventListener("focusin", (event) => describeIn(event.target));
document.addEventListener("pointerdown", drag);
document.addEventListener("keydown", nudge);
document.addEventListener("dblclick", reset);
