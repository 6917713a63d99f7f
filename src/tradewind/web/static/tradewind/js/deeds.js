/**
 * What a key or a command does. Most deeds press the element that carries data-key="deed";
 * the others are registered by the module that knows how.
 */

const own = new Map();

/** Registers what a deed does; the function returns false when it did nothing. */
export function define(deed, act) {
  own.set(deed, act);
}

function isShown(element) {
  return element.checkVisibility ? element.checkVisibility() : element.getClientRects().length > 0;
}

/** The element a deed presses, the innermost conversation's first. */
export function elementFor(deed) {
  const found = [...document.querySelectorAll(`[data-key~="${CSS.escape(deed)}"]`)];
  return found.find((element) => isShown(element) && !element.disabled);
}

/** Does a deed; true when something was done. */
export function perform(deed, event) {
  const act = own.get(deed);
  if (act && act(event) !== false) return true;
  const element = elementFor(deed) ?? placeFor(deed);
  if (!element) return false;
  if (element.matches("input:not([type=checkbox], [type=radio], [type=submit]), textarea, [contenteditable]")) {
    element.focus();
    // What is typed next asks something new.
    if (element.type === "search") element.select();
  } else element.click();
  return true;
}

function placeFor(deed) {
  return deed.startsWith("go-") ? document.querySelector(`[data-go="${CSS.escape(deed.slice(3))}"]`) : null;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-do]");
  if (button && perform(button.dataset.do, event)) event.preventDefault();
});
