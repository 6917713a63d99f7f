/** Theme, density, hidden panels, original or translation: a person's own way of looking. */

import { define } from "./deeds.js";
import { keep, recall } from "./kept.js";
import { post } from "./server.js";

const root = document.documentElement;
const year = 31_536_000;

/** Sets data-theme or data-density, keeps it in a cookie and, signed in, with the person. */
export function setLook(name, value) {
  if (value === "system" || value === "normal") delete root.dataset[name];
  else root.dataset[name] = value;
  document.cookie = `${name}=${value}; path=/; max-age=${year}; samesite=lax`;
  const url = document.body.dataset.lookUrl;
  if (!url) return;
  const data = new FormData();
  data.set(name, value);
  post(url, data);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-look]");
  if (button) setLook(button.dataset.look, button.dataset.value);
});

const frame = document.querySelector(".frame--inbox");
// Where there is no room the panel is a drawer: shut until asked for, never remembered.
const noRoom = { left: matchMedia("(max-width: 1320px)"), right: matchMedia("(max-width: 1080px)") };

function toggle(side) {
  if (!frame) return false;
  const other = noRoom[side].matches ? "on" : "off";
  if (frame.dataset[side] === other) delete frame.dataset[side];
  else frame.dataset[side] = other;
  if (!noRoom[side].matches) keep(`panel-${side}`, frame.dataset[side] ?? null);
  return true;
}

for (const side of ["left", "right"]) {
  if (frame && !noRoom[side].matches && recall(`panel-${side}`) === "off") frame.dataset[side] = "off";
  define(`panel-${side}`, () => toggle(side));
  noRoom[side].addEventListener("change", ({ matches }) => {
    // A drawer left open, or a panel put away, means nothing at the other width.
    if (frame?.dataset[side] === (matches ? "off" : "on")) delete frame.dataset[side];
  });
}

document.addEventListener("click", (event) => {
  if (!frame || event.target.closest?.(".views, .context, [data-do^=panel-]")) return;
  for (const side of ["left", "right"]) if (frame.dataset[side] === "on") delete frame.dataset[side];
});

/** Shows "trans", "orig" or "both" in the thread and remembers it. */
export function setView(view) {
  for (const place of document.querySelectorAll("[data-view]")) place.dataset.view = view;
  for (const button of document.querySelectorAll("[data-set]")) button.setAttribute("aria-pressed", String(button.dataset.set === view));
  keep("view", view);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-set]");
  if (button) setView(button.dataset.set);
});

define("translate", () => {
  const place = document.querySelector("[data-view]");
  if (!place) return false;
  setView(place.dataset.view === "trans" ? "orig" : "trans");
  return true;
});

document.addEventListener("htmx:load", (event) => {
  const chosen = recall("view"); // the server's choice stands until a person has chosen
  if (chosen && (event.detail.elt.matches?.("[data-view]") || event.detail.elt.querySelector?.("[data-view]"))) setView(chosen);
});
