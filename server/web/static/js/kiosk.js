/**
 * The kiosk's frame: idle time, larger letters, calling staff, wiping, and the way back after the ticket.
 * The card and PIN page has its own module, pin.js.
 *
 * Reads from the element with data-kiosk: data-screen, data-idle and data-last-call (seconds), data-start.
 */

import { newKey } from "./page.js";
import { watchStation } from "./station.js";

const frame = document.querySelector("[data-kiosk]");
const screen = frame.dataset.screen;
const dialog = document.querySelector("[data-idle-dialog]");
const CHOICES = ["big", "low"];
const FIRST_LANGUAGE = "ja";
const TICKET_GIVES_UP_S = 60;
const LATE_S = 10;

let wiping = false;

/** Removes everything of this visitor and shows the first screen to the next one. */
export function wipe() {
  // Once: asking again while a slow answer is on its way would start the way to the first screen anew each time.
  if (wiping) return;
  wiping = true;
  if (screen === "pin") forgetCard();
  for (const element of document.querySelectorAll("[data-preview], .slip-number")) element.textContent = "";
  sessionStorage.clear();
  location.replace(frame.dataset.start);
}

/** Tells the server that what was read from a card here is not used; without an answer it goes within the hour. */
function forgetCard() {
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  const body = new URLSearchParams({ idempotency_key: newKey() });
  fetch("/kiosk/card/forget", { method: "POST", headers, body, keepalive: true }).catch(() => {});
}

// --- Idle time -------------------------------------------------------------------------------------------------

let lastTouch = performance.now();

/** Counts as a sign of life: a touch, a key, a card that is put down or taken away. */
export function alive() {
  lastTouch = performance.now();
}

function personalised() {
  const root = document.documentElement;
  return root.lang !== FIRST_LANGUAGE || CHOICES.some((choice) => root.classList.contains(choice));
}

function watchIdle() {
  const quiet = (performance.now() - lastTouch) / 1000;
  const idle = Number(frame.dataset.idle);
  const lastCall = Number(frame.dataset.lastCall);
  if (quiet < idle) {
    if (dialog.open) dialog.close();
  } else if (screen === "start") {
    if (personalised()) wipe();
  } else if (screen === "problem" || quiet >= idle + lastCall) {
    wipe();
  } else {
    if (!dialog.open) dialog.showModal();
    dialog.querySelector("[data-idle-count]").textContent = String(Math.ceil(idle + lastCall - quiet));
  }
}

// --- Ticket ------------------------------------------------------------------------------------------------------

function watchTicket() {
  const shownAt = performance.now();
  let finalAt = null;
  setInterval(() => {
    const state = document.getElementById("print-state");
    const now = performance.now();
    const count = state.querySelector("[data-return-count]");
    if (count) {
      finalAt ??= now;
      const left = Number(state.dataset.returnAfter) - (now - finalAt) / 1000;
      count.textContent = String(Math.max(0, Math.ceil(left)));
      if (left <= 0) wipe();
    } else {
      const late = state.querySelector("[data-late]");
      if (late) late.hidden = now - shownAt < LATE_S * 1000;
      if (now - shownAt > TICKET_GIVES_UP_S * 1000) wipe();
    }
  }, 250);
}

// The same state once more must not let the paper come out of the slot again.
document.addEventListener("htmx:beforeSwap", (event) => {
  const now = event.detail.target.dataset?.printState;
  if (now && event.detail.serverResponse.includes(`data-print-state="${now}"`)) event.detail.shouldSwap = false;
});

// --- Buttons of the frame -------------------------------------------------------------------------------------------

function toggle(button) {
  const choice = button.dataset.toggle;
  const on = document.documentElement.classList.toggle(choice);
  button.setAttribute("aria-pressed", String(on));
  if (on) sessionStorage.setItem(`kakanai.${choice}`, "1");
  else sessionStorage.removeItem(`kakanai.${choice}`);
}

let helpKey = null;

async function callStaff() {
  helpKey ??= newKey();
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  const body = new URLSearchParams({ screen, service: frame.dataset.service, idempotency_key: helpKey });
  let coming = false;
  try {
    coming = (await fetch("/kiosk/help", { method: "POST", headers, body })).ok;
  } catch {
    coming = false;
  }
  const message = document.querySelector("[data-help-message]");
  const template = document.getElementById(coming ? "words-help-coming" : "words-help-aloud");
  message.replaceChildren(template.content.cloneNode(true));
  setTimeout(() => {
    message.replaceChildren();
    helpKey = null;
  }, 30_000);
}

document.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-toggle], [data-call-staff], [data-wipe], [data-idle-go-on], a[data-replace]");
  if (!pressed) return;
  if (pressed.matches("[data-toggle]")) toggle(pressed);
  else if (pressed.matches("[data-call-staff]")) void callStaff();
  else if (pressed.matches("[data-idle-go-on]")) dialog.close();
  else {
    event.preventDefault();
    if (pressed.matches("[data-wipe]")) wipe();
    // Nothing of one visit stays behind the browser's Back.
    else location.replace(pressed.href);
  }
});

for (const sign of ["pointerdown", "keydown"]) document.addEventListener(sign, alive, { capture: true });
for (const button of document.querySelectorAll("[data-toggle]")) {
  button.setAttribute("aria-pressed", String(document.documentElement.classList.contains(button.dataset.toggle)));
}
window.addEventListener("pagehide", () => {
  for (const element of document.querySelectorAll("[data-preview]")) element.textContent = "";
});
document.addEventListener("contextmenu", (event) => event.preventDefault());

if (screen === "ticket") watchTicket();
else setInterval(watchIdle, 250);

if (screen === "start") {
  watchStation((state) => {
    document.querySelector("[data-card-left]").hidden = !["present", "mute"].includes(state?.reader);
    document.querySelector("[data-server-away]").hidden = state === null || state.server === "up";
  });
}
if (screen === "pin") {
  const { startPin } = await import("./pin.js");
  startPin({ alive, forgetCard });
}
