/* The reviews by keyboard: j and k move from one to the next, a goes to its approval, r to the reason. Pressing Enter there
   decides, so that a key alone never does. When others decide or ask meanwhile, a line says so. */

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
  r: () => here()?.querySelector("[name=because]")?.focus(),
};

document.addEventListener("keydown", (event) => {
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
