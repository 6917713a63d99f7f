/** Says what became of a passkey: allauth reports errors, the page holds a sentence for each. */

const said = document.querySelectorAll("[data-passkey]");

function tell(name) {
  const known = [...said].some((one) => one.dataset.passkey === name);
  for (const one of said) one.hidden = one.dataset.passkey !== (known ? name : "");
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault(); // it is told to the person and not to the console
  // A browser without passkeys has no navigator.credentials to ask: a TypeError, like any other fault.
  const { name } = event.detail.exception;
  tell(name === "AbortError" || name === "TimeoutError" ? "NotAllowedError" : name);
});
