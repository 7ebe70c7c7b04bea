/* The reviews by keyboard: j and k move from one to the next, a goes to its approval, r to the reason for rejecting it. Enter
   there decides, so that a key alone never does; Escape goes back and keeps what was typed. When others decide or ask
   meanwhile, a line says so. */

const all = () => [...document.querySelectorAll("[data-review]")];
const here = () => document.activeElement?.closest("[data-review]");

function move(by) {
  const found = all();
  const next = found[Math.min(Math.max(found.indexOf(here()) + by, 0), found.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  a: () => here()?.querySelector("[data-approve]")?.focus(),
  r: () => {
    const reason = here()?.querySelector("[name=because]");
    if (!reason) return;
    reason.form.dataset.rejecting = "";
    reason.focus();
  },
};

/* Enter in the reason rejects only where r led there; otherwise it goes to the approval, which takes another Enter. */
function enter(event) {
  const form = event.target.form;
  event.preventDefault();
  form.querySelector("rejecting" in form.dataset ? "[data-reject]" : "[data-approve]").focus();
  if ("rejecting" in form.dataset) form.querySelector("[data-reject]").click();
}

document.addEventListener("focusout", (event) => {
  if (event.target.name === "because") setTimeout(() => delete event.target.form?.dataset.rejecting);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && here()) return here().focus();
  if (event.key === "Enter" && event.target.name === "because" && event.target.form) return enter(event);
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

for (const name of ["live", "live:reload"]) {
  document.addEventListener(name, () => {
    document.getElementById("reviews-news").hidden = false;
  });
}
