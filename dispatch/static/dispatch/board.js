/* The dispatcher's board: lays out what the server rendered and keeps it fresh. The rest lives beside this file. */

import { board, cards, cardsOf, layOut, rows, scroller, tellTime, nowMinute, minuteAt } from "./board_grid.js";
import { isHeld, isSending, refresh, saved } from "./board_save.js";
import "./board_drag.js";
import { oneTabStop } from "./board_keys.js";
import "./board_panel.js";

/* ---- zoom: how wide an hour is; remembered on this device ---- */
const ZOOMS = [1, 1.5, 2.25, 3.5];
let zoom = Number(localStorage.getItem("board-zoom") ?? 0) || 0;
function applyZoom() {
  board.style.setProperty("--zoom", ZOOMS[zoom]);
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.disabled = button.dataset.zoom === "in" ? zoom === ZOOMS.length - 1 : zoom === 0;
  }
}
document.querySelector(".zoom").addEventListener("click", (event) => {
  const button = event.target.closest("[data-zoom]");
  if (!button) return;
  const track = rows.querySelector(".track");
  const middle = scroller.getBoundingClientRect().left + scroller.clientWidth / 2;
  const minute = track && minuteAt(track, middle);
  zoom += button.dataset.zoom === "in" ? 1 : -1;
  localStorage.setItem("board-zoom", String(zoom));
  applyZoom();
  if (track) bringToMiddle(minute);
});

function bringToMiddle(minute) {
  const track = rows.querySelector(".track");
  if (!track) return;
  const perMinute = track.clientWidth / Number(board.style.getPropertyValue("--range"));
  const names = scroller.querySelector(".corner").offsetWidth;
  const at = (minute - Number(board.style.getPropertyValue("--opens"))) * perMinute;
  scroller.scrollLeft = at - (scroller.clientWidth - names) / 2;
}

/* ---- the tray's filter and fold ---- */
function filterTray() {
  const tray = document.getElementById("tray");
  const asked = (document.getElementById("tray-search")?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const all = cards(tray);
  for (const card of all) {
    const text = card.textContent.toLowerCase();
    card.hidden = !asked.every((word) => text.includes(word));
  }
  tray.querySelector(".tray-none").hidden = !all.length || all.some((card) => !card.hidden);
  const fold = tray.querySelector(".tray-fold");
  fold.setAttribute("aria-expanded", String(tray.dataset.folded !== "1"));
  oneTabStop();
}
board.addEventListener("input", (event) => event.target.id === "tray-search" && filterTray());
board.addEventListener("click", (event) => {
  if (!event.target.closest(".tray-fold")) return;
  const tray = document.getElementById("tray");
  tray.dataset.folded = tray.dataset.folded === "1" ? "0" : "1";
  filterTray();
});

/* ---- the head: another day at once, the next late visit ---- */
document.getElementById("pick-day").addEventListener("change", (event) => event.currentTarget.reportValidity() && event.currentTarget.submit());
let lookedAt = -1;
document.querySelector(".board-sum").addEventListener("click", (event) => {
  const kind = event.target.closest("button")?.dataset.sum;
  const found = kind ? [...rows.querySelectorAll(`.visit.${kind} a.card`)] : [];
  if (!found.length) return;
  lookedAt = (lookedAt + 1) % found.length;
  found[lookedAt].focus();
  found[lookedAt].scrollIntoView({ block: "center", inline: "center" });
});

/* ---- live: what others change; asking every 20 seconds where the stream is down ---- */
const heard = new Map(); // visit -> version
let soon = 0;
function hear() {
  clearTimeout(soon);
  if (isSending()) { // what is heard may be our own, and its answer is on the way
    soon = setTimeout(hear, 120);
    return;
  }
  const news = [...heard].filter(([visit, version]) => !shows(visit, version)).map(([visit]) => visit);
  heard.clear();
  if (news.length) refresh(news);
}
/** Whether the board shows that version already; what we saved ourselves came with the answer. */
function shows(visit, version) {
  const here = cardsOf(visit).map((card) => Number(card.dataset.version));
  return here.length > 0 && here.every((shown) => shown > version || (shown === version && saved.get(visit) === version));
}
document.addEventListener("live", ({ detail }) => {
  if (detail.topic !== "board" || detail.kind !== "visit") return;
  heard.set(detail.uuid, Math.max(detail.version, heard.get(detail.uuid) ?? 0));
  clearTimeout(soon);
  soon = setTimeout(hear, 120);
});
document.addEventListener("live:reload", () => refresh());
addEventListener("online", () => refresh());
const isLive = () => document.documentElement.dataset.connection === "live";
setInterval(() => !isLive() && !document.hidden && refresh(), 20000);
document.addEventListener("visibilitychange", () => !document.hidden && !isLive() && refresh());

setInterval(() => {
  if (isHeld()) return;
  tellTime();
  const rolledOver = board.dataset.today && nowMinute() > Number(board.dataset.length);
  if (rolledOver && !new URLSearchParams(location.search).has("day")) location.reload();
}, 15000);

document.addEventListener("board:fresh", () => {
  filterTray();
  const total = new Set(cards(rows).map((card) => card.dataset.visit)).size;
  document.querySelector('[data-sum="placed"] b').textContent = total;
});
applyZoom();
layOut();
filterTray();
board.classList.add("on");
if (board.dataset.today && scroller.scrollWidth > scroller.clientWidth) bringToMiddle(nowMinute() + 60);
