/* What leaves the board and what comes back: a move is shown at once, sent, and taken back where the server refuses.
   Answers are fresh rows and the tray, exchanged by id; none is applied while something is being dragged. */

import { board, cardsOf, fill, instant, layOut, nameOf, personOf, position, rowNamed, rowOf, say, span, spotOf, toast, words } from "./board_grid.js";

const house = document.getElementById("words").dataset;
const csrf = document.querySelector('meta[name="csrf-token"]').content;
const headers = { "HX-Request": "true", "X-CSRFToken": csrf };

/* ---- the gate: while a hand holds a card, what others did waits ---- */
let held = false;
let waiting = [];
export const isHeld = () => held;
export function hold() {
  held = true;
}
export function letGo() {
  held = false;
  for (const apply of waiting.splice(0)) apply();
}
const whenFree = (apply) => (held ? waiting.push(apply) : apply());

/* ---- fresh parts ---- */
export const saved = new Map(); // visit -> the version that our own last change gave it
const shown = new Map(); // id -> the text last put there, so that what did not change is left alone

export function swap(html, mine = []) {
  whenFree(() => {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    const focus = focused();
    for (const part of fresh.content.querySelectorAll("[id^=row-], #tray")) exchange(part, mine);
    for (const note of fresh.content.querySelectorAll("[data-note]")) toast(note.textContent, "warning");
    for (const visit of mine) saved.set(visit, Number(cardsOf(visit)[0]?.dataset.version));
    layOut();
    refocus(focus);
    document.dispatchEvent(new CustomEvent("board:fresh"));
  });
}

function exchange(part, mine) {
  const old = document.getElementById(part.id);
  const text = part.outerHTML;
  if (!old || (shown.get(part.id) === text && !old.querySelector(".saving"))) return;
  shown.set(part.id, text);
  const versions = new Map([...old.querySelectorAll(".visit")].map((card) => [card.dataset.visit, card.dataset.version]));
  const list = old.querySelector(".visits").scrollTop;
  const search = old.querySelector("input[type=search]")?.value;
  old.replaceWith(part);
  if (old.dataset.folded) part.dataset.folded = old.dataset.folded;
  part.querySelector(".visits").scrollTop = list;
  const field = part.querySelector("input[type=search]");
  if (field && search) field.value = search;
  for (const card of part.querySelectorAll(".visit")) {
    const news = versions.get(card.dataset.visit) !== card.dataset.version && !mine.includes(card.dataset.visit);
    if (news) card.classList.add("news");
  }
}

function focused() {
  const at = document.activeElement;
  const card = at?.closest?.("#board .visit");
  if (card) return { visit: card.dataset.visit, tech: rowOf(card)?.dataset.tech };
  return at?.id === "tray-search" ? { search: at.selectionEnd } : null;
}

function refocus(was) {
  if (!was || document.activeElement !== document.body) return;
  if (was.search !== undefined) {
    const field = document.getElementById("tray-search");
    field?.focus();
    field?.setSelectionRange(was.search, was.search);
    return;
  }
  const found = cardsOf(was.visit);
  const card = found.find((one) => rowOf(one)?.dataset.tech === was.tech) ?? found[0];
  card?.querySelector(".card").focus({ preventScroll: true });
}

/* ---- asking again ---- */
let sending = 0; // saves under way
export const isSending = () => sending > 0;
let era = 0; // rises with every save: an answer from before it is old news
let asking = false;
const asked = { all: false, visits: new Set() };

/** Fetches the rows of some visits, or all of them, as soon as nothing of our own is under way. */
export function refresh(visits = null) {
  if (visits === null) asked.all = true;
  else visits.forEach((visit) => asked.visits.add(visit));
  if (!asking && !sending) ask();
}

async function ask() {
  asking = true;
  const query = new URLSearchParams(board.dataset.shown);
  if (!asked.all) {
    for (const visit of asked.visits) {
      query.append("visit", visit);
      for (const card of cardsOf(visit)) if (rowOf(card)) query.append("row", rowOf(card).dataset.tech);
    }
  }
  const wanted = asked.all ? null : [...asked.visits];
  asked.all = false;
  asked.visits.clear();
  const before = era;
  try {
    const answer = await fetch(`${board.dataset.rows}?${query}`, { headers });
    if (answer.ok && before === era && !sending) swap(await answer.text());
    else if (answer.ok) refresh(wanted);
  } catch {
    // no line: the page says so itself, and asks again when it is back
  }
  asking = false;
  if ((asked.all || asked.visits.size) && !sending) ask();
}

/* ---- moving ---- */
let last = null; // the move that can be undone: {visit, to, card}

/** Puts a card there on the screen (null: into the tray) and answers with the way back. */
function put(card, to) {
  const { parentNode: parent, nextSibling: next } = card;
  const data = { ...card.dataset };
  const insert = (list, before) => {
    const focus = card.contains(document.activeElement);
    list.insertBefore(card, before);
    if (focus) card.querySelector("a.card").focus({ preventScroll: true });
  };
  if (to) {
    Object.assign(card.dataset, { s: to.start, m: to.minutes, lane: 0 });
    position(card);
    const list = rowNamed(to.tech).querySelector(".visits");
    if (parent !== list) insert(list, null);
  } else {
    const list = document.querySelector("#tray .visits");
    insert(list, list.firstChild);
  }
  return () => {
    for (const key of ["s", "m", "lane"]) {
      if (key in data) card.dataset[key] = data[key];
      else delete card.dataset[key];
    }
    if (card.dataset.s) position(card);
    if (parent.isConnected) insert(parent, next?.parentNode === parent ? next : null);
  };
}

/** Sends a form the way the board's script does; answers {ok, status, text}. */
export async function post(url, body) {
  era += 1;
  sending += 1;
  try {
    const answer = await fetch(url, { method: "POST", body, headers });
    return { ok: answer.ok && !answer.redirected, status: answer.status, text: await answer.text() };
  } catch {
    return { ok: false, status: 0, text: "" };
  } finally {
    sending -= 1;
    if (!sending && (asked.all || asked.visits.size)) refresh([]);
  }
}

/** The sentence of a refusal, whatever form it has. */
export function sentenceOf(answer) {
  if (!answer.status) return house.unreachable;
  if (answer.status === 401) return house.signedOut;
  if (answer.status === 403) return house.forbidden;
  const page = new DOMParser().parseFromString(answer.text, "text/html");
  const said = [...page.querySelectorAll(".errorlist li, .notice strong")].map((part) => part.textContent.trim());
  return said.length ? [...new Set(said)].join(" ") : house.failed;
}

/** Moves a card: {tech, start, minutes}, or null for the tray. True when the server took it. */
export async function move(card, to, { undoable = true } = {}) {
  const before = spotOf(card);
  if (!to && !before) return true;
  if (to && before && to.tech === before.tech && to.start === before.start && to.minutes === before.minutes) return true;
  const { visit } = card.dataset;
  const name = nameOf(card);
  const alone = cardsOf(visit).length === 1;
  const back = put(card, to);
  card.classList.add("saving");
  const answer = await post(addressOf(card, to), bodyOf(card, before, to));
  if (!answer.ok) {
    back();
    card.classList.remove("saving");
    const sentence = sentenceOf(answer);
    toast(sentence, "error");
    say(`${sentence} ${fill(words.back, { visit: name })}`);
    if (answer.status) refresh([visit]);
    return false;
  }
  swap(answer.text, [visit]);
  remember(visit, before, undoable && alone);
  const told = to
    ? fill(words.moved, { visit: name, who: personOf(rowNamed(to.tech)), when: span(to.start, to.minutes) })
    : fill(words.tray, { visit: name });
  if (undoable) offerUndo(told);
  else say(told);
  return true;
}

export const linkOf = (card) => card.querySelector("a.card").getAttribute("href");
const addressOf = (card, to) => `${linkOf(card)}${to ? "place" : "unschedule"}/?${board.dataset.shown}`;

function bodyOf(card, before, to) {
  const body = new URLSearchParams({ version: card.dataset.version });
  if (!to) return body;
  body.set("technician", to.tech);
  if (before) body.set("from_technician", before.tech);
  body.set("starts", instant(to.start).toISOString());
  body.set("ends", instant(to.start + to.minutes).toISOString());
  return body;
}

/* ---- undo ---- */
const bar = document.getElementById("undo");
let leaving;

/** What the undo button would do: put the visit back to where it stood (null: the tray). */
export function remember(visit, before, possible = true) {
  last = possible ? { visit, to: before } : null;
}

export function offerUndo(text) {
  bar.querySelector("p").textContent = text;
  bar.querySelector("button").hidden = !last;
  bar.hidden = false;
  clearTimeout(leaving);
  leaving = setTimeout(() => { bar.hidden = true; }, 10000);
}

export async function undo() {
  if (!last || held) return;
  const { visit, to } = last;
  last = null;
  bar.hidden = true;
  const card = cardsOf(visit)[0];
  if (card) await move(card, to, { undoable: false });
}
bar.querySelector("button").addEventListener("click", undo);
