/** Requests to our own server, with its token and a sentence when it says no. */

export function csrfToken() {
  const headers = document.body.getAttribute("hx-headers");
  return headers ? (JSON.parse(headers)["X-CSRFToken"] ?? "") : "";
}

/** POST a form's data; resolves to the response whatever its status. */
export function post(url, data, options = {}) {
  return fetch(url, {
    method: "POST",
    body: data,
    credentials: "same-origin",
    headers: { "X-CSRFToken": csrfToken(), "X-Requested-With": "fetch" },
    ...options,
  });
}

const deeds = ["click", "submit", "change"];

/** Whether somebody asked for this request of htmx's, or a page did by itself. */
export const isDeed = (config) => deeds.includes(config.triggeringEvent?.type ?? "click");
