/**
 * Short words at the foot of the desk, with 10 s to undo. The server says them with
 * HX-Trigger: {"toast": {"text": "…", "undo": "/url", "seconds": 10}}.
 */

import { saved } from "./drafts.js";
import { isDeed, post } from "./server.js";
import { say } from "./words.js";

export function toast({ text, undo = null, seconds = undo ? 10 : 4 }) {
  const place = document.querySelector("[data-toasts]");
  if (!place) return null;
  const box = document.createElement("span");
  box.className = "toast";
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  const end = () => {
    clearInterval(beat);
    box.remove();
  };
  if (undo) box.append(...undoParts(undo, end));
  let left = seconds;
  const beat = setInterval(() => {
    left -= 1;
    const figure = box.querySelector(".num");
    if (figure) figure.textContent = `${left} s`;
    if (left <= 0) end();
  }, 1000);
  const figure = box.querySelector(".num");
  if (figure) figure.textContent = `${seconds} s`;
  place.append(box);
  while (place.children.length > 3) place.firstElementChild.remove();
  return box;
}

function undoParts(undo, end) {
  const figure = document.createElement("span");
  figure.className = "num";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = say("undo");
  button.addEventListener("click", async () => {
    end();
    if (typeof undo === "function") return undo();
    await saved();
    const answer = await post(undo, new FormData()).catch(() => null);
    if (!answer) return toast({ text: say("no_answer"), seconds: 8 });
    if (!answer.ok) return toast({ text: await reason(answer) });
    document.body.dispatchEvent(new CustomEvent("undone", { bubbles: true, detail: { url: undo } }));
  });
  return [figure, button];
}

/** Why the server said no, in its own words where it gives some. */
async function reason(answer) {
  const problem = await answer.json().catch(() => null);
  return problem?.detail || say("request_failed", { status: answer.status });
}

document.addEventListener("toast", (event) => toast(event.detail));
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  const told = /problem\+json/.test(xhr.getResponseHeader("Content-Type") ?? "") ? JSON.parse(xhr.responseText).detail : "";
  toast({ text: told || say("request_failed", { status: xhr.status }), seconds: 8 });
});

// Only of what somebody did: what reads itself again is tried again by itself.
function noAnswer(event) {
  if (isDeed(event.detail.requestConfig)) toast({ text: say("no_answer"), seconds: 8 });
}
document.addEventListener("htmx:sendError", noAnswer);
document.addEventListener("htmx:timeout", noAnswer);
