/**
 * Rows the stream brings, put where they belong: #list[data-key="mine"][data-me="7"]. A row is
 * {id, rank, in: [views], assignee, html}; rows stand by data-rank, soonest first. A list with
 * data-narrowed (filtered, searched, sorted otherwise) asks there which new ones belong into it;
 * with data-newest they stand on top.
 */

const list = () => document.getElementById("list");

function belongs(place, row) {
  const key = place.dataset.key;
  return key === "mine" ? String(row.assignee) === place.dataset.me && !row.in.includes("resolved") : row.in.includes(key);
}

function made(row) {
  const box = document.createElement("template");
  box.innerHTML = row.html.trim();
  const element = box.content.firstElementChild;
  element.dataset.rank = row.rank;
  return element;
}

/** What a person has done to a row outlives its redrawing. */
function carryOver(old, fresh) {
  for (const name of ["is-open", "is-picked"]) fresh.classList.toggle(name, old.classList.contains(name));
  if (old.classList.contains("is-open")) fresh.classList.remove("is-unread");
  const box = fresh.querySelector(".pick input");
  if (box) box.checked = old.classList.contains("is-picked");
}

const asked = new Set(); // conversations of which only the server knows whether they belong
let asking = 0;
const mostAtOnce = 50;

async function askForRows() {
  asking = 0;
  const place = list();
  const ids = [...asked].slice(0, mostAtOnce);
  for (const id of ids) asked.delete(id);
  if (asked.size) asking = setTimeout(askForRows, 400);
  if (!place?.dataset.narrowed || !ids.length) return;
  const url = new URL(place.dataset.narrowed, location.href);
  url.searchParams.set("ids", ids.join(","));
  const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok || place !== list()) return;
  const box = document.createElement("template");
  box.innerHTML = await answer.text();
  for (const fresh of [...box.content.querySelectorAll(".row[data-id]")].reverse()) {
    if (place.querySelector(`.row[data-id="${CSS.escape(fresh.dataset.id)}"]`)) continue;
    if ("newest" in place.dataset) place.prepend(fresh);
    else insert(place, fresh);
    window.htmx?.process(fresh);
  }
}

function insert(place, fresh) {
  const after = [...place.querySelectorAll(".row[data-id]")].find((row) => row.dataset.rank > fresh.dataset.rank);
  if (after) after.before(fresh);
  else if (!place.hasAttribute("data-more") && !place.querySelector("[data-more]")) place.append(fresh); // further pages hold what comes later
}

/*
 * A row that asks stays until its answer is on the page: htmx looks for what else an answer brings,
 * such as the panel beside, from the element that asked, and finds nothing from one taken away.
 */

const asks = new Map(); // the row → what has come for it meanwhile
const rowOf = (event) => event.detail.elt.closest?.("#list .row[data-id]");

document.addEventListener("htmx:beforeRequest", (event) => {
  const row = rowOf(event);
  if (row) asks.set(row, asks.get(row));
});
document.addEventListener("htmx:afterRequest", (event) => {
  const row = rowOf(event);
  const late = asks.get(row);
  asks.delete(row);
  if (late) placeRow(late);
});

/** Puts one row in its place: anew, moved, new or gone. The open one stays until it is left. */
export function placeRow(row) {
  const place = list();
  if (!place) return;
  const old = place.querySelector(`.row[data-id="${CSS.escape(row.id)}"]`);
  if (asks.has(old)) {
    asks.set(old, row);
    return;
  }
  const narrowed = place.hasAttribute("data-narrowed");
  if (!old && narrowed) {
    asked.add(row.id);
    asking ||= setTimeout(askForRows, 400);
    return;
  }
  if (!old && !belongs(place, row)) return;
  if (old && !narrowed && !belongs(place, row) && !old.classList.contains("is-open")) {
    old.remove();
    return;
  }
  const fresh = made(row);
  if (old) {
    const held = old.contains(document.activeElement);
    carryOver(old, fresh);
    const stays = narrowed || held || old.dataset.rank === fresh.dataset.rank;
    if (stays) old.replaceWith(fresh);
    else old.remove();
    if (!stays) insert(place, fresh);
    if (held) fresh.focus();
  } else {
    insert(place, fresh);
  }
  window.htmx?.process(fresh);
}
