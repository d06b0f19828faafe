/**
 * The resident's screen: values lie under a mask until they are touched, and are pointed at when they are wrong.
 *
 * A shown value is covered again after REMASK_MS without a touch and when the server was away for LOST_MS. Confirming is
 * possible once every value was shown, however long ago.
 */

import "./seen.js";

const REMASK_MS = 60_000;
const LOST_MS = 10_000;

const seen = new Set();
let marking = false;
let remask = null;
let lost = null;

const all = (selector) => [...document.querySelectorAll(selector)];
const cells = () => all("[data-cell]");

function cover(cell, covered) {
  cell.querySelector("[data-mask]").hidden = !covered;
  cell.querySelector("[data-value]").hidden = covered;
  if (!marking) cell.setAttribute("aria-pressed", String(!covered));
  if (!covered) seen.add(cell.dataset.cell);
}

function coverAll() {
  for (const cell of cells()) cover(cell, true);
}

function touched() {
  clearTimeout(remask);
  remask = setTimeout(coverAll, REMASK_MS);
}

function refresh() {
  const confirm = document.querySelector("[data-confirm]");
  if (!confirm) return;
  const looked = cells().every((cell) => seen.has(cell.dataset.cell));
  if (!confirm.closest("form").hasAttribute("aria-busy")) confirm.disabled = !looked;
  document.querySelector("[data-look-first]").classList.toggle("invisible", looked);
  const wrong = cells().filter((cell) => cell.classList.contains("is-wrong"));
  document.querySelector("[data-send]").disabled = wrong.length === 0;
  document.querySelector("[data-fields]").replaceChildren(
    ...wrong.map((cell) => {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = "fields";
      field.value = cell.dataset.cell;
      return field;
    }),
  );
}

function mark(cell, wrong) {
  cell.classList.toggle("is-wrong", wrong);
  cell.setAttribute("aria-pressed", String(wrong));
  cell.querySelector("[data-wrong]").hidden = !wrong;
}

function setMarking(on) {
  marking = on;
  for (const part of all("[data-mode]")) part.hidden = part.dataset.mode !== (on ? "mark" : "check");
  for (const cell of cells()) {
    if (on) cover(cell, false);
    mark(cell, false);
    if (!on) cover(cell, false);
  }
  document.querySelector('[data-mode="mark"] h1').focus();
}

document.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-cell], [data-show-all], [data-mark], [data-unmark]");
  touched();
  if (!pressed) return;
  if (pressed.matches("[data-show-all]")) for (const cell of cells()) cover(cell, false);
  else if (pressed.matches("[data-mark]")) setMarking(true);
  else if (pressed.matches("[data-unmark]")) setMarking(false);
  else if (marking) mark(pressed, !pressed.classList.contains("is-wrong"));
  else cover(pressed, !pressed.querySelector("[data-value]").hidden);
  refresh();
});

/** What a panel says, whatever is covered or marked in it. */
function said(panel) {
  const about = [...panel.querySelectorAll('[name="reception_id"], [name="intake_id"]')].map((field) => field.value);
  return [panel.dataset.panel, panel.lang, ...about, panel.textContent.replace(/\s+/g, " ").trim()].join("|");
}

// `changed` also comes with each new connection; the same panel again must not cover what is being read.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, shouldSwap, serverResponse } = event.detail;
  if (target.id !== "second" || !shouldSwap) return;
  const next = new DOMParser().parseFromString(serverResponse, "text/html").querySelector("[data-panel]");
  const now = target.querySelector("[data-panel]");
  event.detail.shouldSwap = !(next && now && said(next) === said(now));
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "second") return;
  seen.clear();
  marking = false;
  document.documentElement.lang = document.querySelector("[data-panel]").lang;
  refresh();
});
document.addEventListener("htmx:sseError", () => {
  lost ??= setTimeout(coverAll, LOST_MS);
});
// Not when the line opens: while the server is away the gateway opens it and has nothing to say.
document.addEventListener("htmx:sseMessage", () => {
  clearTimeout(lost);
  lost = null;
});
window.addEventListener("pagehide", () => document.getElementById("second").replaceChildren());
refresh();
