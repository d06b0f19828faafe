/**
 * The card panel of the workspace: what the reader says, four digits, one read.
 *
 * The digits are in one input without a name, go to the gateway of this machine and nowhere else, and are cleared with
 * each read. The last try of a PIN needs the staff's own tick.
 */

import { words } from "./page.js";
import { readCard, watchStation } from "./station.js";

const LENGTH = 4;
const NO_READER = new Set(["no_reader", "no_service"]);
let state;
let watching = false;

/** Wires every card panel of the page that is not wired yet. */
export function startCardPanels() {
  for (const panel of document.querySelectorAll("[data-card-panel]:not([data-wired])")) wire(panel);
  if (!watching && document.querySelector("[data-card-panel]")) {
    watching = true;
    watchStation((now) => {
      const before = state?.reader;
      state = now;
      for (const panel of document.querySelectorAll("[data-card-panel]")) {
        // What was said of one card does not stand beside the next one, nor beside a reader that is gone.
        if (NO_READER.has(now?.reader) || (before === "empty" && now?.reader !== "empty")) tell(panel, "");
        show(panel);
      }
      if (before === "empty" && now?.reader === "present") waitForDigits();
    });
  }
}

/** A card was laid on: the digits that follow must not land in a field that shows them. */
function waitForDigits() {
  const here = document.activeElement;
  const input = document.querySelector("[data-card-panel] .pin-input");
  if (input?.checkVisibility() && !(here?.matches("input, textarea") && here.value)) input.focus();
}

function find(panel, name) {
  return panel.querySelector(`[data-card-${name}]`);
}

function show(panel) {
  if (state === undefined) return;
  const line = find(panel, "state");
  line.textContent = state === null ? words("card-no-station") : words(`reader-${state.reader}`);
  const reading = "reading" in panel.dataset;
  find(panel, "pin").hidden = reading || state === null || state.reader !== "present";
  if (state === null || state.reader !== "present") clear(panel);
  if (state && state.reader === "empty") find(panel, "last").hidden = true;
}

function clear(panel) {
  panel.querySelector(".pin-input").value = "";
  panel.querySelector("#card-last").checked = false;
}

function tell(panel, text) {
  const line = document.createElement("p");
  line.className = "card-said";
  line.textContent = text;
  find(panel, "message").replaceChildren(...(text ? [line] : []));
}

async function read(panel) {
  const input = panel.querySelector(".pin-input");
  const last = find(panel, "last");
  const tick = panel.querySelector("#card-last");
  const pin = input.value;
  if (!/^[0-9]{4}$/.test(pin)) return input.focus();
  if (!last.hidden && !tick.checked) return tick.focus();
  const allowLastTry = !last.hidden && tick.checked;
  clear(panel);
  tell(panel, "");
  find(panel, "state").focus();
  busy(panel, true);
  const answer = await readCard({ pin, purpose: "reception", reference: panel.dataset.reference, allowLastTry });
  busy(panel, false);
  return after(panel, answer);
}

function busy(panel, reading) {
  if (reading) panel.dataset.reading = "";
  else delete panel.dataset.reading;
  find(panel, "working").hidden = !reading;
  show(panel);
}

function after(panel, answer) {
  const language = document.documentElement.lang;
  const lastLeft = answer.outcome === "last_try_refused" || (answer.outcome === "wrong_secret" && answer.tries_left === 1);
  find(panel, "last").hidden = !lastLeft;
  if (answer.outcome === "read" && answer.server === "down") return tell(panel, answer.message?.[language] ?? words("card-server-down"));
  tell(panel, answer.message?.[language] ?? words("card-failed"));
  if (lastLeft) return find(panel, "last").querySelector("input").focus();
  if (answer.outcome === "wrong_secret") panel.querySelector(".pin-input").focus();
  return undefined;
}

function wire(panel) {
  panel.dataset.wired = "";
  const input = panel.querySelector(".pin-input");
  input.addEventListener("input", () => {
    const digits = input.value.normalize("NFKC").replace(/[^0-9]/g, "").slice(0, LENGTH);
    if (digits !== input.value) input.value = digits;
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    void read(panel);
  });
  find(panel, "read").addEventListener("click", () => void read(panel));
  find(panel, "erase").addEventListener("click", () => { clear(panel); input.focus(); });
  window.addEventListener("pagehide", () => clear(panel));
  show(panel);
}
