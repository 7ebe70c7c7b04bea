/* The board's geometry: minutes since the day began on one side, places on the screen on the other.
   Minutes come in data attributes (the policy forbids style attributes) and become custom properties here. */

export const board = document.getElementById("board");
export const scroller = document.getElementById("board-scroll");
export const rows = document.getElementById("rows");
export const words = document.getElementById("board-words").dataset;
export const mayMove = "mayMove" in board.dataset;

const first = Number(board.dataset.first);
const length = Number(board.dataset.length);
const skew = Number(board.dataset.now) * 1000 - Date.now(); // the server's clock decides what is late
const scale = { opens: Number(board.dataset.opens), closes: Number(board.dataset.closes) };
const clockFormat = new Intl.DateTimeFormat(document.documentElement.lang, {
  hour: "numeric", minute: "2-digit", timeZone: board.dataset.zone,
});

export const STEP = 15;
export const nowMinute = () => ((Date.now() + skew) / 1000 - first) / 60;
export const instant = (minute) => new Date((first + minute * 60) * 1000);
export const span = (start, minutes) => clockFormat.formatRange(instant(start), instant(start + minutes));

export const cards = (part = board) => [...part.querySelectorAll(".visit")];
export const cardsOf = (visit) => [...board.querySelectorAll(`.visit[data-visit="${visit}"]`)];
export const rowOf = (part) => part?.closest(".tech") ?? null;
export const rowNamed = (tech) => document.getElementById(`row-${tech}`);
export const nameOf = (card) => card.querySelector(".name").textContent;
export const personOf = (row) => row.querySelector(".who h2").textContent;
export const fill = (text, parts) => text.replace(/%\((\w+)\)s/g, (_, key) => parts[key]);

/** Where a card stands: {tech, start, minutes}, or null for the tray. */
export function spotOf(card) {
  const row = rowOf(card);
  return row && { tech: row.dataset.tech, start: Number(card.dataset.s), minutes: Number(card.dataset.m) };
}

/** The minute under a point of the screen, not snapped. */
export function minuteAt(track, x) {
  const box = track.getBoundingClientRect();
  return scale.opens + ((x - box.left) / box.width) * (scale.closes - scale.opens);
}

export const snap = (minute, step = STEP) => Math.round(minute / step) * step;
export const within = (start, minutes) => Math.max(0, Math.min(start, length - Math.min(minutes, length)));

/** The card that a visit would overlap there, if any; finished and tentative ones stand in nobody's way. */
export function clash(row, visit, start, minutes) {
  return cards(row).find((other) => other.dataset.visit !== visit && !other.matches(".past, .tentative")
    && Number(other.dataset.s) < start + minutes && Number(other.dataset.s) + Number(other.dataset.m) > start);
}

/** Turns data attributes into places for a part of the page that is new. */
export function layOut(part = board) {
  for (const box of part.querySelectorAll("[data-s]")) position(box);
  for (const row of part.matches?.(".tech") ? [part] : part.querySelectorAll(".tech")) {
    row.style.setProperty("--lanes", row.dataset.lanes);
  }
  for (const card of part.querySelectorAll(".tech .visit")) {
    const start = Math.max(Number(card.dataset.s), 0);
    const end = Math.min(Number(card.dataset.s) + Number(card.dataset.m), length);
    scale.opens = Math.min(scale.opens, Math.floor(start / 60) * 60);
    scale.closes = Math.max(scale.closes, Math.ceil(end / 60) * 60);
  }
  board.style.setProperty("--opens", scale.opens);
  board.style.setProperty("--range", scale.closes - scale.opens);
  for (const tick of board.querySelectorAll(".hours [data-s]")) {
    tick.hidden = Number(tick.dataset.s) < scale.opens || Number(tick.dataset.s) >= scale.closes;
  }
  tellTime();
}

export function position(box) {
  box.style.setProperty("--s", box.dataset.s);
  if (box.dataset.m) box.style.setProperty("--m", box.dataset.m);
  if (box.dataset.lane) box.style.setProperty("--lane", box.dataset.lane);
}

/** What the passing of time changes: the now-line, how long work has gone on, late and over. */
export function tellTime() {
  const now = nowMinute();
  const line = board.querySelector(".now-line");
  const label = board.querySelector(".now-time");
  const visible = Boolean(board.dataset.today) && now >= scale.opens && now <= scale.closes;
  for (const part of [line, label]) {
    part.hidden = !visible;
    part.style.setProperty("--s", now);
  }
  label.textContent = clockFormat.format(instant(now));
  for (const bar of board.querySelectorAll(".actual")) {
    const end = bar.dataset.end ? Number(bar.dataset.end) : Math.max(now, Number(bar.dataset.s));
    bar.style.setProperty("--m", Math.max(end - Number(bar.dataset.s), 2));
  }
  for (const card of cards()) {
    card.classList.toggle("late", Boolean(card.dataset.late) && now > Number(card.dataset.late));
    card.classList.toggle("over", Boolean(card.dataset.over) && now > Number(card.dataset.over));
  }
  for (const kind of ["late", "over"]) {
    const visits = new Set([...rows.querySelectorAll(`.visit.${kind}`)].map((card) => card.dataset.visit));
    const sum = document.querySelector(`[data-sum="${kind}"]`);
    sum.hidden = !visits.size;
    sum.querySelector("b").textContent = visits.size;
  }
}

/* ---- the slot: where a visit that is being moved would stand, and the window it was promised ---- */
const slot = document.createElement("div");
slot.className = "slot";
slot.append(document.createElement("b"), document.createElement("span"));
const band = document.createElement("div");
band.className = "band";

/** Shows the slot; answers with the card it would overlap. */
export function showSlot(row, card, start, minutes) {
  const track = row.querySelector(".track");
  if (slot.parentNode !== track) track.append(slot);
  const other = clash(row, card.dataset.visit, start, minutes);
  slot.classList.toggle("clash", Boolean(other));
  slot.firstChild.textContent = nameOf(card);
  slot.lastChild.textContent = span(start, minutes);
  slot.style.setProperty("--s", start);
  slot.style.setProperty("--m", minutes);
  return other;
}

export function hideSlot() {
  slot.remove();
}

export function showWindow(card) {
  if (!card.dataset.from) return;
  band.style.setProperty("--s", card.dataset.from);
  band.style.setProperty("--m", card.dataset.until);
  rows.append(band);
}

export function hideWindow() {
  band.remove();
}

let speaking;
/** Says a sentence to screen readers. */
export function say(text) {
  const line = document.getElementById("board-says");
  if (!line) return; // the page is being left
  line.textContent = "";
  clearTimeout(speaking);
  speaking = setTimeout(() => { line.textContent = text; }, 30);
}

export function toast(text, level) {
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, level } }));
}
