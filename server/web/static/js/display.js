/**
 * The call display. Draws the whole board from one object, so a new connection shows the full state at once:
 * { current: [{label, desk, calls?}], recent: [{label, desk}], waiting: [{name, name_en, count, estimate: [low, high]|null}] }.
 *
 * The newest call stands large. When several numbers are called at nearly the same time, each keeps the large place for
 * HOLD_MS, so that nobody's number is overwritten before it could be read. A new call sounds and flashes three times.
 */

import { CALL, chime } from "./sound.js";

const ALTERNATE_MS = 8_000;
const HOLD_MS = 6_000;
const STALE_MS = 10_000;

const find = (selector) => document.querySelector(selector);
const root = find("[data-hall]");
let known = new Set();
let board = JSON.parse(root.dataset.board);
let shown = null;
let waitingCalls = [];
let holdUntil = 0;
let first = true;

const keyOf = (call) => `${call.label}|${call.desk}|${call.calls ?? 1}`;

function piece(name) {
  return document.getElementById(`words-${name}`).content.cloneNode(true);
}

function row(name, call) {
  const part = piece(name);
  part.querySelector("[data-label]").textContent = call.label;
  part.querySelector("[data-desk]").textContent = call.desk;
  return part;
}

function minutes(range) {
  const [low, high] = range;
  const part = piece(low === 0 ? "within" : low === high ? "about" : "range");
  for (const words of part.querySelectorAll("[lang]")) {
    words.textContent = words.textContent.replace("{low}", String(low)).replace("{high}", String(high));
  }
  return part;
}

function drawCall(call, isNew) {
  const place = find("[data-call]");
  shown = call;
  place.hidden = call === null;
  find("[data-call-none]").hidden = call !== null;
  place.classList.remove("flash");
  if (call === null) return;
  place.replaceChildren(row("call", call));
  place.querySelector("[data-label]").classList.toggle("long", call.label.length > 4);
  if (!isNew) return;
  // Reading a layout property restarts the animation for a second call of the same number.
  void place.offsetWidth;
  place.classList.add("flash");
  chime(CALL);
}

function drawLists() {
  const stillCalled = board.current.filter((call) => !shown || keyOf(call) !== keyOf(shown));
  const earlier = board.recent.filter((call) => !shown || call.label !== shown.label);
  const list = find("[data-before]");
  list.replaceChildren();
  for (const call of [...stillCalled, ...earlier].slice(0, 5)) {
    list.append(row("before", call));
    list.lastElementChild.classList.toggle("still", stillCalled.includes(call));
  }
  const lines = find("[data-waiting]");
  lines.replaceChildren();
  for (const line of board.waiting) {
    const part = piece("line");
    part.querySelector("[data-name]").textContent = line.name;
    part.querySelector("[data-name-en]").textContent = line.name_en;
    part.querySelector("[data-count]").textContent = String(line.count);
    const estimate = part.querySelector("[data-estimate]");
    if (line.count === 0) estimate.append(piece("nobody"));
    else if (line.estimate) estimate.append(minutes(line.estimate));
    lines.append(part);
  }
}

function take(next) {
  board = next;
  const fresh = board.current.filter((call) => !known.has(keyOf(call)));
  // Only what stands now: tomorrow the same number is a new call.
  known = new Set(board.current.map(keyOf));
  // Oldest first; what was called while the display was away is shown, not announced again.
  if (!first) waitingCalls.push(...fresh.reverse());
  waitingCalls = waitingCalls.filter((call) => board.current.some((now) => keyOf(now) === keyOf(call)));
  first = false;
  step();
  drawLists();
}

function step() {
  const now = performance.now();
  const stands = shown && board.current.some((call) => keyOf(call) === keyOf(shown));
  if (waitingCalls.length > 0 && (now >= holdUntil || !stands)) {
    drawCall(waitingCalls.shift(), true);
    holdUntil = now + HOLD_MS;
  } else if (!stands && now >= holdUntil) {
    drawCall(board.current[0] ?? null, false);
  } else {
    return;
  }
  drawLists();
}

// --- the line to the server ----------------------------------------------------------------------------------------

let stale = null;

function fresh(isFresh) {
  clearTimeout(stale);
  stale = isFresh ? null : stale;
  find("[data-stale]").hidden = isFresh;
  find("[data-fresh]").hidden = !isFresh;
}

function connect() {
  const source = new EventSource(`/display/${encodeURIComponent(root.dataset.hall)}/events`);
  source.addEventListener("board", (event) => {
    fresh(true);
    take(JSON.parse(event.data));
  });
  source.addEventListener("error", () => {
    stale ??= setTimeout(() => fresh(false), STALE_MS);
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2_000 + Math.random() * 3_000);
  });
}

document.documentElement.dataset.show = "ja";
setInterval(() => {
  document.documentElement.dataset.show = document.documentElement.dataset.show === "ja" ? "en" : "ja";
}, ALTERNATE_MS);
setInterval(step, 500);
take(board);
connect();
