/**
 * The card panel of the workspace: what the reader says, the way of reading, what opens the card, one read.
 *
 * PIN and numbers are in inputs without names, go to the gateway of this machine and nowhere else, and are cleared with
 * each read. How many tries are left is asked of the card before the first digit; the last one needs the staff's own tick.
 */

import { words } from "./page.js";
import { askTries, readCard, tellAgain, watchStation } from "./station.js";

const NO_READER = new Set(["no_reader", "no_service"]);
// After these there is nothing to type; another way, or another card.
const ENDS = new Set(["blocked", "other_card"]);
const DIGITS_ALONE = new Set(["pin", "code"]);
const SHORTEST_SCAN = 9;
let state;
let watching = false;

/** Wires every card panel of the page that is not wired yet; to be called again whenever a part of the page was changed. */
export function startCardPanels() {
  for (const panel of document.querySelectorAll("[data-card-panel]")) "wired" in panel.dataset ? show(panel) : wire(panel);
  if (!watching && document.querySelector("[data-card-panel]")) {
    watching = true;
    watchStation((now) => {
      const before = state?.reader;
      state = now;
      const laid = before === "empty" && now?.reader === "present";
      for (const panel of document.querySelectorAll("[data-card-panel]")) {
        // What was said of one card does not stand beside the next one, nor beside a reader that is gone.
        if (NO_READER.has(now?.reader) || (before === "empty" && now?.reader !== "empty")) tell(panel, "");
        show(panel);
        if (now?.reader === "present" && before !== "present" && before !== "busy") void sayTries(panel);
      }
      if (laid) waitForDigits();
    });
  }
}

/** A card was laid on: the digits that follow must not land in a field that shows them. */
function waitForDigits() {
  const here = document.activeElement;
  const panel = document.querySelector("[data-card-panel]");
  const input = panel && fields(panel)[0];
  if (input?.checkVisibility() && !(here?.matches("input, textarea") && here.value)) input.focus();
}

function find(panel, name) {
  return panel.querySelector(`[data-card-${name}]`);
}

function field(panel, name) {
  return panel.querySelector(`[data-card-field="${name}"]`);
}

/** The inputs of the way that is chosen, in their order. */
function fields(panel) {
  return [...panel.querySelectorAll("[data-card-field]")].filter((one) => !one.closest("[data-card-for]").hidden);
}

/** Kept beside the radio buttons: their choice gets lost when the page's new part comes with a group of the same name. */
function modeOf(panel) {
  return panel.dataset.mode;
}

function show(panel) {
  const mode = modeOf(panel);
  panel.querySelector(`#card-mode-${mode}`).checked = true;
  for (const part of panel.querySelectorAll("[data-card-for]")) part.hidden = !part.dataset.cardFor.split(" ").includes(mode);
  if (state === undefined) return;
  const line = find(panel, "state");
  line.textContent = state === null ? words("card-no-station") : words(`reader-${state.reader}`);
  const reading = "reading" in panel.dataset;
  find(panel, "pin").hidden = reading || state === null || state.reader !== "present";
  if (state === null || state.reader !== "present") clear(panel);
  if (state && state.reader === "empty") ready(panel, false);
}

/** Everything that was typed is gone. */
function clear(panel) {
  for (const one of panel.querySelectorAll("[data-card-field]")) one.value = "";
  panel.querySelector("#card-last").checked = false;
  askForYear(panel);
}

/** A card of which nothing is known yet; `lastLeft` after it said that one try is left. */
function ready(panel, lastLeft, ended = false) {
  find(panel, "last").hidden = !lastLeft;
  find(panel, "entry").hidden = ended || (lastLeft && panel.dataset.lastTry === "never");
  find(panel, "tries").textContent = "";
}

/** `again`: with the button that sends to the server once more what it did not answer. */
function tell(panel, text, again = false) {
  const line = document.createElement("p");
  line.className = "card-said";
  line.textContent = text;
  find(panel, "message").replaceChildren(...(text ? [line] : []));
  find(panel, "again").hidden = !again;
}

function said(answer, otherwise) {
  return answer.message?.[document.documentElement.lang] ?? words(otherwise);
}

async function sayTries(panel) {
  const mode = modeOf(panel);
  ready(panel, false);
  if (mode === "none" || state?.reader !== "present") return;
  const answer = await askTries(mode);
  // Another way was chosen meanwhile, or the card is being read already.
  if (mode !== modeOf(panel) || "reading" in panel.dataset) return;
  const lastLeft = answer.outcome === "asked" && answer.tries_left === 1;
  if (lastLeft || ENDS.has(answer.outcome)) {
    ready(panel, lastLeft, ENDS.has(answer.outcome));
    tell(panel, said(answer, "card-failed"));
  } else if (answer.outcome === "asked") {
    find(panel, "tries").textContent = said(answer, "card-failed");
  }
}

/** Fourteen digits in one go, or what is no birth date for being too long, are for the station to judge. */
function isScan(text) {
  const digits = text.normalize("NFKC").replace(/[\s\-_.]/g, "");
  return /^[0-9]+$/.test(digits) && digits.length >= SHORTEST_SCAN;
}

/** What opens the card, as typed; null (and the focus where something is missing) while it is not complete. */
function secretOf(panel, mode) {
  if (mode === "none") return {};
  const birth = field(panel, "birth");
  if (mode !== "pin" && isScan(birth.value)) return { scan: birth.value };
  const missing = fields(panel).find((one) => !one.value || (DIGITS_ALONE.has(one.dataset.cardField) && !/^[0-9]{4}$/.test(one.value)));
  if (missing) {
    missing.focus();
    return null;
  }
  if (mode === "pin") return { pin: field(panel, "pin").value };
  const printed = panel.querySelector('input[name="card-printed"]:checked')?.value ?? "";
  return {
    birth: birth.value,
    printed: find(panel, "printed").hidden ? "" : printed,
    expiry: field(panel, "expiry").value,
    code: field(panel, "code").value,
  };
}

/** Six digits are taken as they are; of a whole date somebody must say how its year is printed. */
function askForYear(panel) {
  const typed = field(panel, "birth").value.normalize("NFKC").trim();
  find(panel, "printed").hidden = /^[0-9]{0,7}$/.test(typed) || isScan(typed);
}

async function read(panel) {
  const mode = modeOf(panel);
  const last = find(panel, "last");
  const tick = panel.querySelector("#card-last");
  const secret = secretOf(panel, mode);
  if (secret === null) return;
  if (!last.hidden && !tick.checked) return tick.focus();
  const allowLastTry = !last.hidden && tick.checked;
  clear(panel);
  tell(panel, "");
  find(panel, "state").focus();
  busy(panel, true);
  const answer = await readCard({ mode, secret, purpose: "reception", reference: panel.dataset.reference, allowLastTry });
  busy(panel, false);
  return after(panel, answer, secret);
}

/** What was read and not taken goes out once more; the card stays, and nothing is typed. */
async function sendAgain(panel) {
  tell(panel, "");
  find(panel, "state").focus();
  busy(panel, true);
  const answer = await tellAgain();
  busy(panel, false);
  return after(panel, answer, {});
}

function busy(panel, reading) {
  if (reading) panel.dataset.reading = "";
  else delete panel.dataset.reading;
  find(panel, "working").hidden = !reading;
  show(panel);
}

function after(panel, answer, secret) {
  const lastLeft = answer.outcome === "last_try_refused" || (answer.outcome === "wrong_secret" && answer.tries_left === 1);
  ready(panel, lastLeft, ENDS.has(answer.outcome));
  if (answer.outcome === "read" && answer.server === "down") {
    tell(panel, said(answer, "card-server-down"), answer.again);
    return answer.again ? find(panel, "tell").focus() : undefined;
  }
  tell(panel, said(answer, "card-failed"));
  if (answer.outcome === "bad_secret") return mend(panel, answer.field, secret);
  if (lastLeft && !find(panel, "entry").hidden) return find(panel, "last").querySelector("input").focus();
  if (answer.outcome === "wrong_secret") fields(panel)[0]?.focus();
  return undefined;
}

/** Nothing went to the card: what was typed by hand stands again, and the focus is where to look. */
function mend(panel, where, secret) {
  for (const name of ["birth", "expiry", "code"]) field(panel, name).value = secret[name] ?? "";
  askForYear(panel);
  const place = where === "printed" ? panel.querySelector('input[name="card-printed"]') : field(panel, where);
  (place ?? fields(panel)[0])?.focus();
}

/** Enter: on to the next field that is empty, and reading when there is none; a scanner ends with it. */
function enter(panel, input) {
  const next = fields(panel).find((one) => !one.value);
  if (next && !isScan(input.value)) next.focus();
  else void read(panel);
}

function wire(panel) {
  panel.dataset.wired = "";
  for (const input of panel.querySelectorAll("[data-card-field]")) {
    input.addEventListener("input", () => {
      if (DIGITS_ALONE.has(input.dataset.cardField)) {
        const digits = input.value.normalize("NFKC").replace(/[^0-9]/g, "").slice(0, input.maxLength);
        if (digits !== input.value) input.value = digits;
      }
      askForYear(panel);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      enter(panel, input);
    });
  }
  for (const way of panel.querySelectorAll('input[name="card-mode"]')) {
    way.addEventListener("change", () => {
      panel.dataset.mode = way.value;
      clear(panel);
      tell(panel, "");
      show(panel);
      void sayTries(panel);
    });
  }
  find(panel, "read").addEventListener("click", () => void read(panel));
  find(panel, "tell").addEventListener("click", () => void sendAgain(panel));
  find(panel, "erase").addEventListener("click", () => {
    clear(panel);
    fields(panel)[0]?.focus();
  });
  window.addEventListener("pagehide", () => clear(panel));
  show(panel);
  if (state?.reader === "present") void sayTries(panel);
}
