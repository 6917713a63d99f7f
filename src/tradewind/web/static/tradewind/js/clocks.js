/** Keeps deadlines and "how long ago" true while a page stays open. Same rules as parts/clocks.py. */

import { say } from "./words.js";

const minute = 60_000;
const nearShare = 0.25;

/** Two largest units: "1d 4h", "3h 12m", "24m". */
export function durationText(ms) {
  const minutes = Math.floor(Math.abs(ms) / minute);
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const rest = minutes % 60;
  if (days) return hours ? `${days}d ${hours}h` : `${days}d`;
  if (hours) return rest ? `${hours}h ${String(rest).padStart(2, "0")}m` : `${hours}h`;
  return `${rest}m`;
}

/** State, quarter and text of a running clock. */
export function readClock(due, start, now) {
  const left = due - now;
  if (left < 0) return { state: "over", quarter: 0, text: `+${durationText(left)}` };
  if (!(start < due)) {
    const near = left <= 60 * minute;
    return { state: near ? "near" : "", quarter: near ? 1 : 4, text: durationText(left) };
  }
  const share = Math.min(left / (due - start), 1);
  return { state: share <= nearShare ? "near" : "", quarter: Math.ceil(share * 4), text: durationText(left) };
}

export function agoText(then, now) {
  const minutes = Math.floor((now - then) / minute);
  if (minutes < 1) return say("ago.now");
  if (minutes < 60) return say("ago.m", { n: minutes });
  if (minutes < 1440) return say("ago.h", { n: Math.floor(minutes / 60) });
  if (minutes < 7 * 1440) return say("ago.d", { n: Math.floor(minutes / 1440) });
  return null; // a date, which does not age
}

function write(element, text) {
  if (element && text !== null && element.textContent !== text) element.textContent = text;
}

export function tick(root = document, now = Date.now()) {
  for (const clock of root.querySelectorAll(".clock[data-due]")) {
    const face = readClock(Date.parse(clock.dataset.due), Date.parse(clock.dataset.start ?? ""), now);
    clock.classList.toggle("is-near", face.state === "near");
    clock.classList.toggle("is-over", face.state === "over");
    clock.dataset.q = face.quarter;
    write(clock.querySelector("time"), face.text);
  }
  for (const time of root.querySelectorAll("time[data-ago]")) write(time, agoText(Date.parse(time.dateTime), now));
}

setInterval(tick, minute / 2);
document.addEventListener("visibilitychange", () => document.hidden || tick());
