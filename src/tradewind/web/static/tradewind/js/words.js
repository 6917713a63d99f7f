/** The words of the JSON island #words, in the person's language. */

const island = document.getElementById("words");
const words = island ? JSON.parse(island.textContent) : {};

/** The words under a path such as "ago.m"; "%(n)s" places are filled from `values`. */
export function say(path, values = {}) {
  const found = path.split(".").reduce((place, key) => place?.[key], words);
  if (typeof found !== "string") return path;
  return found.replace(/%\((\w+)\)[sd]/g, (whole, key) => values[key] ?? whole);
}
