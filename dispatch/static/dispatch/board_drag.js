/* Dragging with a mouse, a pen or a finger: from the tray, between rows, along time, by the right edge, and back.
   A mouse drags after 4 pixels; a finger after holding still for a moment, so that a swipe still scrolls. */

import { board, hideSlot, hideWindow, mayMove, minuteAt, rowOf, scroller, showSlot, showWindow, snap, spotOf, STEP, within } from "./board_grid.js";
import { hold, letGo, move } from "./board_save.js";

const SLACK = 4;
const HOLD_MS = 350;
const EDGE = 48; // pixels from the edge where the board scrolls by itself
const TOWARDS = 12; // after going that far towards it
let drag = null;

board.addEventListener("dragstart", (event) => event.preventDefault());
board.addEventListener("pointerdown", (event) => {
  const card = event.target.closest(".visit[data-movable]");
  if (!mayMove || !card || event.button !== 0 || drag || card.matches(".saving")) return;
  const box = card.querySelector(".card").getBoundingClientRect();
  drag = {
    card, pointer: event.pointerId, x: event.clientX, y: event.clientY, grab: event.clientX - box.left, top: event.clientY - box.top,
    resizing: Boolean(event.target.closest(".edge")), touch: event.pointerType === "touch", on: false, alt: event.altKey,
    minutes: Number(card.dataset.m), to: undefined,
  };
  drag.least = drag.most = { x: drag.x, y: drag.y };
  if (!rowOf(card)) drag.grab = Math.min(drag.grab, 24); // the tray's cards are wider than their time
  if (drag.touch) drag.timer = setTimeout(begin, HOLD_MS);
});

addEventListener("pointermove", (event) => {
  if (!drag || event.pointerId !== drag.pointer) return;
  const far = Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > SLACK;
  if (!drag.on && drag.touch && far) return forget();
  if (!drag.on && !far) return;
  const [x, y] = [event.clientX, event.clientY];
  Object.assign(drag, {
    x, y, alt: event.altKey,
    least: { x: Math.min(x, drag.least.x), y: Math.min(y, drag.least.y) },
    most: { x: Math.max(x, drag.most.x), y: Math.max(y, drag.most.y) },
  });
  if (!drag.on) begin();
  else follow();
});
addEventListener("pointerup", (event) => event.pointerId === drag?.pointer && drop());
addEventListener("pointercancel", (event) => event.pointerId === drag?.pointer && cancel());
addEventListener("blur", cancel);
addEventListener("keydown", (event) => {
  if (!drag?.on) return;
  if (event.key === "Escape") {
    event.preventDefault();
    event.stopImmediatePropagation();
    cancel();
  } else if (event.key === "Alt") {
    event.preventDefault();
    drag.alt = true;
    follow();
  }
}, true);
board.addEventListener("touchmove", (event) => drag?.on && event.cancelable && event.preventDefault(), { passive: false });
board.addEventListener("contextmenu", (event) => drag?.touch && event.preventDefault());

function begin() {
  drag.on = true;
  hold();
  board.classList.add("dragging");
  board.classList.toggle("resizing", drag.resizing);
  drag.card.classList.add("lifted");
  showWindow(drag.card);
  if (!drag.resizing) {
    drag.ghost = drag.card.querySelector(".card").cloneNode(true);
    drag.ghost.removeAttribute("href");
    drag.ghost.setAttribute("aria-hidden", "true");
    drag.ghost.className = `ghost ${drag.card.className}`;
    document.body.append(drag.ghost);
  }
  if (drag.touch) navigator.vibrate?.(15);
  follow();
  drag.frame = requestAnimationFrame(scrollAtEdges);
}

/** Shows where the visit would go. `to` becomes a place, null for the tray, undefined for nowhere. */
function follow() {
  const { card, ghost, x, y } = drag;
  if (drag.resizing) return stretch();
  ghost.style.transform = `translate(${x - Math.min(drag.grab, 40)}px, ${y - Math.min(drag.top, 20)}px)`;
  const under = document.elementFromPoint(x, y);
  const track = under?.closest(".track") ?? under?.closest(".tech")?.querySelector(".track");
  const overTray = Boolean(under?.closest("#tray"));
  document.getElementById("tray").classList.toggle("target", overTray && Boolean(spotOf(card)));
  ghost.classList.toggle("inside", Boolean(track));
  if (!track) {
    drag.to = overTray ? null : undefined;
    hideSlot();
    return;
  }
  const start = within(snap(minuteAt(track, x - drag.grab), step()), drag.minutes);
  drag.to = { tech: rowOf(track).dataset.tech, start, minutes: drag.minutes };
  showSlot(rowOf(track), card, start, drag.minutes);
}

function stretch() {
  const spot = spotOf(drag.card);
  const track = drag.card.closest(".track");
  const end = snap(minuteAt(track, drag.x), step());
  drag.to = { ...spot, minutes: Math.max(end - spot.start, step()) };
  showSlot(rowOf(track), drag.card, spot.start, drag.to.minutes);
}

const step = () => (drag.alt ? 5 : STEP);

/** Scrolls while the card is held near an edge. Who lifts it there has not asked for that and would see the board run
    away: an edge pulls once the pointer has gone towards it. */
function scrollAtEdges() {
  if (!drag?.on) return;
  const { least, most } = drag;
  const box = scroller.getBoundingClientRect();
  const pull = (axis, low, high) => {
    const at = drag[axis];
    if (at < low + EDGE && at < most[axis] - TOWARDS) return -1;
    return at > high - EDGE && at > least[axis] + TOWARDS ? 1 : 0;
  };
  const names = scroller.querySelector(".corner").offsetWidth;
  const inside = drag.x > box.left && drag.x < box.right && drag.y > box.top && drag.y < box.bottom;
  if (inside) {
    const [left, top] = [scroller.scrollLeft, scroller.scrollTop];
    scroller.scrollBy(8 * pull("x", box.left + names, box.right), 8 * pull("y", box.top, box.bottom));
    if (left !== scroller.scrollLeft || top !== scroller.scrollTop) follow();
  }
  drag.frame = requestAnimationFrame(scrollAtEdges);
}

function drop() {
  if (!drag.on) return forget();
  const { card, to } = drag;
  swallowClick();
  finish();
  if (to !== undefined) move(card, to);
  letGo();
}

function cancel() {
  if (!drag) return;
  if (!drag.on) return forget();
  swallowClick();
  finish();
  letGo();
}

function finish() {
  cancelAnimationFrame(drag.frame);
  drag.ghost?.remove();
  drag.card.classList.remove("lifted");
  board.classList.remove("dragging", "resizing");
  document.getElementById("tray").classList.remove("target");
  hideSlot();
  hideWindow();
  forget();
}

function forget() {
  clearTimeout(drag?.timer);
  drag = null;
}

/** The click that ends a drag opens nothing. */
function swallowClick() {
  const stop = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener("click", stop, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", stop, { capture: true }), 50);
}
