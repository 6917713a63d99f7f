/** Copying: [data-copy="text"] on a press; ".", ". .", ". . ." from #thread's data-number and data-subject. */

import { define } from "./deeds.js";
import { toast } from "./toast.js";
import { say } from "./words.js";

export async function copy(text) {
  await navigator.clipboard.writeText(text);
  toast({ text: say("copied", { what: text.length > 60 ? `${text.slice(0, 60)}…` : text }), seconds: 3 });
}

function fromThread(compose) {
  const thread = document.querySelector("#thread[data-number]");
  if (!thread) return false;
  copy(compose(thread.dataset));
  return true;
}

define("copy-number", () => fromThread(({ number }) => number));
define("copy-title", () => fromThread(({ number, subject }) => `${number} ${subject ?? ""}`.trim()));
define("copy-link", () => fromThread(() => location.href));

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  event.preventDefault();
  copy(button.dataset.copy || document.querySelector(button.dataset.copyFrom)?.textContent.trim() || "");
});
