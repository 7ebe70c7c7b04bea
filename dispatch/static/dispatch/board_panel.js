/* The side panel with everything about one visit, and the dialog that moves it without dragging. */

import { board, cardsOf, fill, mayMove, nameOf, nowMinute, instant, rowOf, snap, spotOf, toast, words } from "./board_grid.js";
import { linkOf, offerUndo, post, remember, sentenceOf, swap } from "./board_save.js";

const panel = document.getElementById("visit-panel");
const dialog = document.getElementById("move");
const form = dialog.querySelector("form");
let shown = null; // the visit in the panel

/* ---- the panel ---- */
export async function showPanel(card, { quiet = false } = {}) {
  shown = card.dataset.visit;
  const visit = shown;
  const answer = await fetch(`${linkOf(card)}?${board.dataset.shown}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (shown !== visit) return; // another was asked for meanwhile
  if (!answer?.ok) {
    toast(sentenceOf({ status: answer?.status ?? 0, text: "" }), "error");
    return;
  }
  const from = panel.scrollTop;
  panel.innerHTML = await answer.text();
  panel.hidden = false;
  for (const chosen of board.querySelectorAll(".visit.chosen")) chosen.classList.remove("chosen");
  for (const one of cardsOf(visit)) one.classList.add("chosen");
  panel.setAttribute("aria-label", panel.querySelector("h2").textContent);
  if (quiet) panel.scrollTop = from;
  else panel.querySelector("h2").focus();
}

export function closePanel() {
  if (panel.hidden) return;
  panel.hidden = true;
  const card = shown && cardsOf(shown)[0];
  shown = null;
  for (const chosen of board.querySelectorAll(".visit.chosen")) chosen.classList.remove("chosen");
  if (panel.contains(document.activeElement) || document.activeElement === document.body) card?.querySelector("a.card")?.focus();
}

board.addEventListener("click", (event) => {
  const link = event.target.closest("a.card");
  if (event.target.matches(".track, .closed, .off")) closePanel();
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  showPanel(link.closest(".visit"));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) closePanel();
});
panel.addEventListener("click", (event) => {
  if (event.target.closest("[data-close-panel]")) closePanel();
  const card = shown && cardsOf(shown)[0];
  if (event.target.closest("[data-move]") && card) openMove(card);
});
panel.addEventListener("submit", async (event) => {
  const sent = event.target.closest("[data-board-form]");
  if (!sent) return;
  event.preventDefault();
  const visit = shown;
  const answer = await post(sent.action, new FormData(sent));
  if (!answer.ok) return toast(sentenceOf(answer), "error");
  if ("unschedules" in sent.dataset) closePanel();
  swap(answer.text, [visit]);
});
document.addEventListener("board:fresh", () => {
  const card = shown && cardsOf(shown)[0];
  for (const one of shown ? cardsOf(shown) : []) one.classList.add("chosen");
  const version = panel.querySelector("[data-version]")?.dataset.version;
  if (card && !panel.hidden && card.dataset.version !== version) showPanel(card, { quiet: true });
});

/* ---- the dialog ---- */
const field = (name) => form.elements.namedItem(name);
const parts = new Intl.DateTimeFormat("en-CA", {
  timeZone: board.dataset.zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

export function openMove(card) {
  if (!mayMove) return;
  const row = rowOf(card);
  const placed = Boolean(row);
  const start = Number(placed ? card.dataset.s : (card.dataset.from ?? Math.max(snap(nowMinute()), Number(board.dataset.opens))));
  const wall = Object.fromEntries(parts.formatToParts(instant(start)).map((part) => [part.type, part.value]));
  Object.assign(form.dataset, { visit: card.dataset.visit, name: nameOf(card) });
  form.action = `${linkOf(card)}place/?${board.dataset.shown}`;
  if (placed) field("technician").value = row.dataset.tech;
  field("from_technician").value = row?.dataset.tech ?? "";
  field("day").value = `${wall.year}-${wall.month}-${wall.day}`;
  field("time").value = `${wall.hour}:${wall.minute}`;
  field("minutes").value = card.dataset.m;
  field("version").value = card.dataset.version;
  dialog.querySelector("[data-about]").textContent = [nameOf(card), ...[...card.querySelectorAll(".rest")].map((part) => part.textContent)].filter(Boolean).join(" · ");
  dialog.querySelector("#move-title").textContent = dialog.querySelector("[data-go]").textContent = placed ? words.move : words.place;
  dialog.querySelector("[data-unschedule]").hidden = !placed;
  complain("");
  dialog.showModal();
  field("technician").focus();
}

function complain(sentence) {
  const notice = dialog.querySelector("[role=alert]");
  notice.querySelector("div").textContent = sentence;
  notice.hidden = !sentence;
}

async function sendDialog(url, body) {
  const { visit } = form.dataset;
  const before = cardsOf(visit).map(spotOf);
  const button = dialog.querySelector("[data-go]");
  button.classList.add("busy");
  const answer = await post(url, body);
  button.classList.remove("busy");
  if (!answer.ok) return complain(sentenceOf(answer));
  dialog.close();
  swap(answer.text, [visit]);
  remember(visit, before[0], before.length === 1);
  const card = cardsOf(visit)[0];
  if (card) {
    offerUndo(card.closest("#tray") ? words.inTray : `${nameOf(card)}: ${card.querySelector(".times").textContent.trim()}`);
    card.querySelector("a.card").focus();
  } else {
    remember(visit, null, false);
    toast(fill(words.away, { visit: form.dataset.name }), "success");
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  sendDialog(form.action, new FormData(form));
});
dialog.querySelector("[data-unschedule]").addEventListener("click", () => {
  sendDialog(form.action.replace("/place/", "/unschedule/"), new URLSearchParams({ version: field("version").value }));
});
dialog.querySelector("[data-details]").addEventListener("click", (event) => {
  event.preventDefault();
  dialog.close();
  const card = cardsOf(form.dataset.visit)[0];
  if (card) showPanel(card);
});
dialog.addEventListener("close", () => {
  if (document.activeElement === document.body) cardsOf(form.dataset.visit)[0]?.querySelector("a.card")?.focus();
});
