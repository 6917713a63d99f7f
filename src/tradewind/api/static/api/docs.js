// Finds operations by their words; everything is on the page already.
const find = document.querySelector("#find");
const none = document.querySelector("#none");
const articles = [...document.querySelectorAll("article")].map((node) => ({
  node,
  entry: document.querySelector(`[data-for="${node.id}"]`),
  words: node.textContent.toLowerCase(),
}));

function narrow() {
  const wanted = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { node, entry, words } of articles) {
    const hidden = !wanted.every((word) => words.includes(word));
    node.hidden = hidden;
    entry.hidden = hidden;
    shown += hidden ? 0 : 1;
  }
  none.hidden = shown > 0;
}

find.addEventListener("input", narrow);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && event.target !== find) {
    event.preventDefault();
    find.focus();
  }
  if (event.key === "Escape" && event.target === find) {
    find.value = "";
    narrow();
  }
});
narrow();
