/* Pressing twice does it once. A form with <input type="hidden" name="once"> gets a key; the same press sent again
   (a second tap, a resend after a lost answer) carries the same key, so the server recognises it. A changed form that
   was sent before is a new deed and gets a new key. The button rests while the answer is under way. */

const key = () =>
  crypto.randomUUID?.() ??
  // randomUUID exists only on https and localhost; a phone on the office's network may use plain http
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
    (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

const keyOf = (form) => form.querySelector?.('input[name="once"]');
const fill = (part) => part.querySelectorAll('input[name="once"]').forEach((input) => (input.value ||= key()));

function rest(form, submitter) {
  form.dataset.sending = "1";
  const button = submitter ?? form.querySelector("button:not([type=button])");
  button?.classList.add("busy");
  button?.setAttribute("aria-disabled", "true");
}
function wake(form) {
  delete form.dataset.sending;
  for (const button of form.querySelectorAll(".busy")) {
    button.classList.remove("busy");
    button.removeAttribute("aria-disabled");
  }
}

fill(document);
document.addEventListener("htmx:afterSettle", (event) => fill(event.detail.elt ?? document));

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!keyOf(form)) return;
  if (form.dataset.sending) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sent = "1";
  setTimeout(() => !event.defaultPrevented || form.hasAttribute("hx-post") ? rest(form, event.submitter) : 0);
}, true);
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.dataset.sent && !form.dataset.sending && keyOf(form)) {
    delete form.dataset.sent;
    keyOf(form).value = key();
  }
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt?.closest?.("form");
  if (!form || !keyOf(form)) return;
  wake(form);
  if (event.detail.successful) {
    delete form.dataset.sent;
    keyOf(form).value = key();
  }
});
addEventListener("pageshow", (event) => event.persisted && document.querySelectorAll("form[data-sending]").forEach(wake));
