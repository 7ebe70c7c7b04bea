/* Pairs by keyboard: in the list j and k move and Enter opens; beside each other m goes to merging, n to the reason why not,
   s swaps. A key never decides: it takes Enter after it. */

const pairs = () => [...document.querySelectorAll("[data-pair] [data-open]")];

function move(by) {
  const found = pairs();
  const at = found.indexOf(document.activeElement?.closest("[data-pair]")?.querySelector("[data-open]"));
  const next = found[Math.min(Math.max(at + by, 0), found.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=radio]), textarea, select")) return;
  if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    return move(event.key === "j" ? 1 : -1);
  }
  const meant = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!meant) return;
  event.preventDefault();
  if (meant.matches("a")) meant.click();
  else meant.focus();
});
