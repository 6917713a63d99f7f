/**
 * Rows the stream brings, put where they belong: #list[data-key="mine"][data-me="7"]. A row is
 * {id, rank, in: [views], assignee, html}; rows stand by data-rank, soonest first. Of a list with
 * data-narrowed (filtered, searched, sorted otherwise) only the server knows what belongs into it:
 * data-rows-url is asked for the rows that changed; with data-newest new ones stand on top.
 * A row that belongs no more stays while it is open, with data-left, and goes when it is left.
 */

const list = () => document.getElementById("list");
const rowsIn = (place) => [...place.querySelectorAll(".row[data-id]")];
const rowWith = (place, id) => place.querySelector(`.row[data-id="${CSS.escape(id)}"]`);

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

function insert(place, fresh) {
  const after = rowsIn(place).find((row) => row.dataset.rank > fresh.dataset.rank);
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
  dropLeft();
});

/* Going. */

function drop(row) {
  row.querySelector(".pick input:checked")?.click(); // nobody acts on what they no longer see
  if (row.contains(document.activeElement)) list().querySelector(".row.is-open")?.focus({ preventScroll: true });
  row.remove();
}

/** Takes away what belongs here no more: the open one, or one that asks, once that is over. */
function takeAway(row) {
  row.dataset.left = "";
  dropLeft();
}

function dropLeft() {
  for (const row of list()?.querySelectorAll(".row[data-left]:not(.is-open)") ?? []) if (!asks.has(row)) drop(row);
}

document.addEventListener("htmx:load", (event) => event.detail.elt.id === "thread" && dropLeft());

/* Asking. */

const asked = new Set(); // conversations of which only the server knows whether they belong
let asking = 0;
const mostAtOnce = 50;
const pause = 400;
const longPause = 5000;

function ask(id) {
  asked.add(String(id));
  asking ||= setTimeout(askForRows, pause);
}

async function fetchRows(url) {
  const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
  // Whoever is no longer signed in is led away: that says nothing about rows.
  if (!answer?.ok || answer.redirected || answer.headers.has("HX-Redirect")) return null;
  const text = await answer.text().catch(() => null);
  if (text === null) return null;
  const box = document.createElement("template");
  box.innerHTML = text;
  return box.content;
}

/** One request at a time, however much happens. */
async function askForRows() {
  let after = longPause;
  try {
    if (await askSome([...asked].slice(0, mostAtOnce))) after = pause;
  } finally {
    asking = asked.size ? setTimeout(askForRows, after) : 0;
  }
}

/** Whether these were settled; else they are asked for again. */
async function askSome(ids) {
  for (const id of ids) asked.delete(id);
  const place = list();
  if (!place?.dataset.rowsUrl) return true;
  const url = new URL(place.dataset.rowsUrl, location.href);
  url.searchParams.set("ids", ids.join(","));
  const answer = await fetchRows(url);
  if (place !== list()) return true;
  if (answer) settle(place, ids, rowsIn(answer));
  else for (const id of ids) asked.add(id);
  return Boolean(answer);
}

/** Of these conversations the given rows belong here, and no others. */
function settle(place, ids, found) {
  const belonging = new Set(found.map((row) => row.dataset.id));
  for (const id of ids) {
    const old = rowWith(place, id);
    if (old && belonging.has(id)) delete old.dataset.left;
    else if (old) takeAway(old);
  }
  for (const fresh of found.reverse()) {
    if (rowWith(place, fresh.dataset.id)) continue;
    if ("newest" in place.dataset) place.prepend(fresh);
    else insert(place, fresh);
    window.htmx?.process(fresh);
  }
}

/** Puts one row in its place: anew, moved, new or gone. The open one stays until it is left. */
export function placeRow(row) {
  const place = list();
  if (!place) return;
  meanwhile?.push(row);
  const old = rowWith(place, row.id);
  if (asks.has(old)) {
    asks.set(old, row);
    return;
  }
  const narrowed = place.hasAttribute("data-narrowed");
  if (narrowed) ask(row.id);
  const goes = !narrowed && !belongs(place, row);
  if (!old && (narrowed || goes)) return;
  if (goes && !old.classList.contains("is-open")) {
    drop(old);
    return;
  }
  const fresh = made(row);
  if (old) {
    const held = old.contains(document.activeElement);
    carryOver(old, fresh);
    if (goes || (narrowed && "left" in old.dataset)) fresh.dataset.left = "";
    const stays = narrowed || held || goes || old.dataset.rank === fresh.dataset.rank;
    if (stays) old.replaceWith(fresh);
    else old.remove();
    if (!stays) insert(place, fresh);
    if (held) fresh.focus();
  } else {
    insert(place, fresh);
  }
  window.htmx?.process(fresh);
}

/* Reading again. */

let meanwhile = null; // rows that come while the list is read again
const mostParts = 5;

/** Reads the list again, as far as it was read; what a person has done to its rows stays. */
export async function readAgain() {
  const place = list();
  if (!place?.dataset.rowsUrl) return;
  if (meanwhile) {
    setTimeout(readAgain, pause);
    return;
  }
  const came = (meanwhile = []);
  const part = await readParts(place).catch(() => null);
  meanwhile = null;
  if (place !== list()) return;
  if (part) {
    redraw(place, part);
    for (const row of came) placeRow(row);
  } else {
    setTimeout(readAgain, longPause);
  }
}

async function readParts(place) {
  const wanted = rowsIn(place).length;
  const fresh = new Map(); // id → row
  let url = place.dataset.rowsUrl;
  let more = null;
  for (let n = 0; n < mostParts && url && (!n || fresh.size < wanted); n += 1) {
    const part = await fetchRows(url);
    if (!part) return null;
    for (const row of rowsIn(part)) fresh.set(row.dataset.id, row);
    more = part.querySelector("[data-more]");
    url = more?.getAttribute("hx-get");
  }
  return { fresh, more };
}

function redraw(place, { fresh, more }) {
  const shown = [...fresh.values()];
  const focused = document.activeElement?.closest?.("#list .row")?.dataset.id;
  let before = -1; // where the last one stands that is still shown
  for (const old of rowsIn(place)) {
    const row = fresh.get(old.dataset.id);
    const asksNow = asks.has(old);
    if (row) {
      before = shown.indexOf(row);
      if (!asksNow) carryOver(old, row);
      else delete (shown[before] = old).dataset.left;
    } else if (asksNow || old.matches(".is-open, .is-picked")) {
      // Not in what was read: it may stand further down, or belong no more.
      shown.splice(++before, 0, old);
      ask(old.dataset.id);
    }
  }
  const { scrollTop } = place;
  place.replaceChildren(...shown, ...(more ? [more] : []));
  place.scrollTop = scrollTop;
  window.htmx?.process(place);
  if (focused) rowWith(place, focused)?.focus({ preventScroll: true });
}
