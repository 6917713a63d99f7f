/** Menus close when one looks elsewhere; tabs move with the arrows. */

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  const tab = event.target.closest?.('[role="tab"]');
  if (tab) selectTab(tab);
});

function selectTab(tab) {
  const list = tab.closest('[role="tablist"]');
  for (const one of list?.querySelectorAll('[role="tab"]') ?? []) {
    one.setAttribute("aria-selected", String(one === tab));
    one.tabIndex = one === tab ? 0 : -1;
  }
}

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (menu && event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.preventDefault();
  }
  const tab = event.target.closest?.('[role="tab"]');
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !by) return;
  const tabs = [...tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')];
  const next = tabs.at((tabs.indexOf(tab) + by) % tabs.length);
  next.focus();
  next.click();
  event.preventDefault();
});

// Newest words first: a thread opens at its end.
function toEnd(root) {
  const log = root.matches?.(".log") ? root : root.querySelector?.("#thread .log, .thread .log");
  if (log) log.scrollTop = log.scrollHeight;
}

document.addEventListener("htmx:load", (event) => toEnd(event.detail.elt));
toEnd(document);
