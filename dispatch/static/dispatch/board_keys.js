/* The board by keyboard. One tab stop for the rows and one for the tray; arrows go from visit to visit. Ctrl with an
   arrow lifts a visit; it then follows the arrows until Enter puts it down or Escape puts it back. */

import { board, cards, fill, hideSlot, hideWindow, mayMove, nameOf, nowMinute, personOf, rowOf, rows, say, showSlot, showWindow, snap, span, spotOf, STEP, toast, within, words } from "./board_grid.js";
import { hold, letGo, move, undo } from "./board_save.js";
import { openMove, showPanel } from "./board_panel.js";

let lifted = null; // {card, to}

/* ---- one tab stop in each of the two lists ---- */
export function oneTabStop() {
  for (const part of [rows, document.getElementById("tray")]) {
    const links = [...part.querySelectorAll("a.card")];
    const current = links.find((link) => link === document.activeElement) ?? links[0];
    for (const link of links) link.tabIndex = link === current ? 0 : -1;
  }
}
board.addEventListener("focusin", (event) => {
  const link = event.target.closest("a.card");
  if (!link) return;
  const part = link.closest("#tray") ?? rows;
  for (const other of part.querySelectorAll('a.card[tabindex="0"]')) other.tabIndex = -1;
  link.tabIndex = 0;
  showWindow(link.closest(".visit"));
});
board.addEventListener("focusout", () => {
  if (lifted) setTimeout(() => lifted && !board.contains(document.activeElement) && putBack());
  else hideWindow();
});

const focus = (card) => {
  const link = card?.querySelector("a.card");
  link?.focus();
  link?.scrollIntoView({ block: "nearest", inline: "nearest" });
};
const inOrder = (list) => list.sort((a, b) => Number(a.dataset.s) - Number(b.dataset.s));
const visible = (list) => list.filter((card) => !card.hidden && card.querySelector("a.card"));

/** The next card in a direction: along the row, or the nearest in time in the next row that has one. */
function neighbour(card, key) {
  const row = rowOf(card);
  const list = row ? inOrder(visible(cards(row))) : visible(cards(document.getElementById("tray")));
  const along = row ? { ArrowLeft: -1, ArrowRight: 1 }[key] : { ArrowUp: -1, ArrowDown: 1 }[key];
  if (key === "Home") return list[0];
  if (key === "End") return list.at(-1);
  if (along) return list[list.indexOf(card) + along];
  if (!row) return null;
  const all = [...rows.querySelectorAll(".tech")].filter((other) => other === row || visible(cards(other)).length);
  const next = all[all.indexOf(row) + (key === "ArrowUp" ? -1 : 1)];
  const distance = (other) => Math.abs(Number(other.dataset.s) - Number(card.dataset.s));
  return next && visible(cards(next)).sort((a, b) => distance(a) - distance(b))[0];
}

/* ---- lifted ---- */
function lift(card) {
  if (!mayMove || !("movable" in card.dataset)) {
    toast(words.fixed, "info");
    return;
  }
  const minutes = Number(card.dataset.m);
  const start = Number(card.dataset.from ?? Math.max(snap(nowMinute() + STEP / 2), Number(board.dataset.opens)));
  const firstRow = rows.querySelector(".tech");
  if (!firstRow) return;
  lifted = { card, to: spotOf(card) ?? { tech: firstRow.dataset.tech, start: within(snap(start), minutes), minutes }, fresh: !spotOf(card) };
  hold();
  card.classList.add("lifted");
  board.classList.add("dragging");
  showWindow(card);
  say(fill(words.lifted, { visit: nameOf(card) }));
}

function step(event) {
  const { card, to } = lifted;
  const all = [...rows.querySelectorAll(".tech")];
  let row = document.getElementById(`row-${to.tech}`);
  const by = (event.altKey ? 5 : STEP) * { ArrowLeft: -1, ArrowRight: 1, ArrowUp: 0, ArrowDown: 0 }[event.key];
  if (by && event.shiftKey) to.minutes = Math.max(to.minutes + by, 5);
  else if (by) to.start = within(to.start + by, to.minutes);
  else if (!lifted.fresh) row = all[all.indexOf(row) + (event.key === "ArrowUp" ? -1 : 1)] ?? row;
  lifted.fresh = false; // the first arrow brings a visit from the tray onto the board
  to.tech = row.dataset.tech;
  const other = showSlot(row, card, to.start, to.minutes);
  row.querySelector(".slot").scrollIntoView({ block: "nearest", inline: "nearest" });
  const place = fill(words.at, { who: personOf(row), when: span(to.start, to.minutes) });
  say(other ? `${place} ${fill(words.clash, { visit: nameOf(other) })}` : place);
}

function putDown() {
  const { card, to, fresh } = lifted;
  release();
  if (!fresh) move(card, to);
  letGo();
}

function putBack() {
  const { card } = lifted;
  release();
  letGo();
  say(fill(words.back, { visit: nameOf(card) }));
}

function release() {
  lifted.card.classList.remove("lifted");
  board.classList.remove("dragging");
  hideSlot();
  hideWindow();
  lifted = null;
}

/* ---- keys ---- */
board.addEventListener("keydown", (event) => {
  const card = event.target.closest(".visit");
  if (!card || event.target.closest("input, select, button")) return;
  const arrow = event.key.startsWith("Arrow");
  if (lifted) {
    if (arrow) step(event);
    else if (event.key === "Enter" || event.key === " ") putDown();
    else if (event.key === "Escape") putBack();
    else if (event.key === "Tab") return putBack();
    else return;
  } else if (arrow && (event.ctrlKey || event.metaKey)) {
    lift(card);
    if (lifted) step(event);
  } else if (arrow || event.key === "Home" || event.key === "End") {
    if (event.altKey || event.shiftKey) return;
    focus(neighbour(card, event.key));
  } else if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  } else if (event.key === "Enter" || event.key.toLowerCase() === "m") {
    if (mayMove && "movable" in card.dataset) openMove(card);
    else showPanel(card);
  } else if (event.key === " ") {
    showPanel(card);
  } else {
    return;
  }
  event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z") {
    event.preventDefault();
    undo();
  } else if (board.contains(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey && !lifted) {
    // single letters only where the focus is on the board: speech input types them everywhere
    const part = { t: document.getElementById("tray"), b: rows }[event.key.toLowerCase()];
    const link = part?.querySelector('a.card[tabindex="0"]');
    if (link) {
      event.preventDefault();
      focus(link.closest(".visit"));
    } else if (event.key === "?") {
      document.querySelector(".keys").open ^= true;
    }
  }
});
