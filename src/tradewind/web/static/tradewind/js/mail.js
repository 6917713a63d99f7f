/**
 * Mail as it was sent: iframe.mail[sandbox="allow-same-origin"] grows to its content and passes keys
 * on. [data-show-images] in a .mail-bar loads the remote pictures: the frame again from
 * data-images-url, or img[data-src] in the block named by aria-controls.
 * [data-zoom] opens a picture, + and − to five times.
 */

import { listen } from "./keys.js";

function grow(frame) {
  const page = frame.contentDocument;
  if (!page?.documentElement) return;
  const fit = () => (frame.style.height = `${page.documentElement.scrollHeight}px`);
  fit();
  new ResizeObserver(fit).observe(page.documentElement);
  listen(page);
}

document.addEventListener(
  "load",
  (event) => {
    if (event.target.matches?.("iframe.mail")) grow(event.target);
  },
  true,
);
document.querySelectorAll("iframe.mail").forEach(grow);

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-show-images]");
  if (!button) return;
  const place = document.getElementById(button.getAttribute("aria-controls"));
  if (place?.matches("iframe")) place.src = place.dataset.imagesUrl;
  else for (const image of place?.querySelectorAll("img[data-src]") ?? []) image.src = image.dataset.src;
  button.remove();
});

function zoom(source, alt) {
  const dialog = Object.assign(document.createElement("dialog"), { className: "lightbox" });
  const image = Object.assign(document.createElement("img"), { src: source, alt });
  const close = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: "Esc" });
  let scale = 1;
  const set = (to) => dialog.style.setProperty("--zoom", (scale = Math.min(Math.max(to, 1), 5)));
  close.addEventListener("click", () => dialog.close());
  image.addEventListener("click", () => set(scale >= 5 ? 1 : scale * 1.7));
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "+" || event.key === "=") set(scale * 1.3);
    if (event.key === "-") set(scale / 1.3);
  });
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(image, close);
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const picture = event.target.closest?.("[data-zoom]");
  if (!picture) return;
  event.preventDefault();
  zoom(picture.dataset.zoom, picture.querySelector("img")?.alt ?? "");
});
