/**
 * The staff screens: keys, the next open thing, and pages that renew themselves without taking anything out of a hand.
 *
 * Enter goes to the next [data-open] thing, ? opens why a row is there ([data-explain]) and anywhere else the list of keys
 * ([data-key-list]), / goes to [data-search], Ctrl+Enter presses [data-next-act], F1 opens the help, J and K walk through
 * [data-list], a digit presses [data-key] of the open question, a letter [data-hotkey] of the row in hand ([data-keys]) or
 * of the page; with [data-goes] it only goes there.
 * When the server says that something changed, [data-refresh] fetches the fragment anew; what was typed, opened, scrolled
 * and focused stays as it was.
 */

import { startCardPanels } from "./counter_card.js";
import { startFields } from "./counter_fields.js";
import { focusOn, keepAcrossSwaps, nextOpen, unsaved } from "./counter_keep.js";

const TEXT = "input:not([type=checkbox]):not([type=radio]):not([type=hidden]), textarea";

function inText(element) {
  return element instanceof Element && element.matches(TEXT);
}

function visible(element) {
  return element.checkVisibility() && !element.disabled;
}

/** The one next act; inside an open thing that is being filled in, saving it comes first. */
function nextAct() {
  const here = document.activeElement;
  const form = here?.closest("form[data-once]");
  const act = document.querySelector("[data-next-act]");
  if (form && form.closest("[data-open]") && form.id !== act?.getAttribute("form")) {
    const choice = form.querySelector("[type=submit][data-key]");
    return choice ? choice.focus() : form.requestSubmit();
  }
  if (!act || act.disabled || act.ariaDisabled === "true") return undefined;
  return act.click();
}

function goTo(target) {
  const place = document.querySelector(target);
  if (place) focusOn(place);
}

function why(from) {
  const details = from.closest("[data-explain]") ?? from.closest("[data-row]")?.querySelector("[data-explain]");
  if (!details) {
    document.querySelector("[data-key-list]")?.showModal();
    return;
  }
  details.open = !details.open;
  details.querySelector("summary").focus();
}

/** J and K: the next row of the list in hand, or of the first list of the page. */
function walk(step) {
  const here = document.activeElement;
  const list = here?.closest("[data-list]") ?? document.querySelector("[data-list]");
  if (!list) return;
  const rows = [...document.querySelectorAll("[data-list] [data-row]")].filter(visible);
  const at = rows.findIndex((row) => row.contains(here));
  const start = at === -1 ? (step > 0 ? rows.findIndex((row) => list.contains(row)) : rows.length - 1) : at + step;
  const row = rows[Math.max(0, Math.min(rows.length - 1, start))];
  if (!row) return;
  const target = row.matches("summary") ? row : row.querySelector("a[href], button, summary, input:not([type=hidden])");
  target?.focus();
  row.scrollIntoView({ block: "nearest" });
}

function digit(key) {
  const here = document.activeElement?.closest("[data-digits]") ?? document.querySelector("[data-open][data-digits]");
  const button = here?.querySelector(`[data-key="${key}"]`);
  if (!button || button.disabled) return false;
  button.click();
  return true;
}

/** A letter that the row in hand has a meaning for, else one that the page has; those of other rows are not meant. */
function hotkey(letter) {
  const named = `[data-hotkey="${CSS.escape(letter)}"]`;
  const row = document.activeElement?.closest("[data-keys]")?.querySelector(named);
  const pressed = row ?? [...document.querySelectorAll(named)].find((one) => !one.closest("[data-keys]"));
  if (!pressed || pressed.disabled) return false;
  if (pressed.matches("[data-goes]")) focusOn(pressed);
  else pressed.click();
  return true;
}

/** Escape: folds up what the focus is in; a field that is not in a fold is left, so that letters are keys again. */
function close() {
  const open = document.activeElement?.closest("details[open]");
  if (!open) {
    if (inText(document.activeElement)) document.getElementById("main").focus({ preventScroll: true });
    return;
  }
  open.open = false;
  open.querySelector("summary").focus();
}

const PLAIN_KEYS = {
  "?": (event) => why(event.target),
  "/": () => goTo("[data-search]"),
  j: () => walk(1),
  k: () => walk(-1),
  J: () => walk(1),
  K: () => walk(-1),
};

function onKey(event) {
  if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.key === "F1") {
    event.preventDefault();
    document.querySelector("[data-help]")?.click();
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    nextAct();
  } else if (event.key === "Escape") {
    close();
  } else if (event.key === "Enter") {
    onEnter(event);
  } else if (!event.ctrlKey && !event.altKey && !event.metaKey && !inText(event.target)) {
    if (/^[1-9]$/.test(event.key) && !event.target.matches("select")) {
      if (digit(event.key)) event.preventDefault();
    } else if (PLAIN_KEYS[event.key] && !event.target.matches("select")) {
      event.preventDefault();
      PLAIN_KEYS[event.key](event);
    } else if (/^[a-z]$/i.test(event.key) && !event.target.matches("select") && hotkey(event.key.toLowerCase())) {
      event.preventDefault();
    }
  }
}

/** Enter: what has a meaning of its own keeps it; a choice saves its form; anything else goes to the next open thing. */
function onEnter(event) {
  const here = event.target;
  const form = here.matches("select, input") ? here.form : null;
  const choice = form?.querySelector("[type=submit][data-key]");
  if (!choice && (here.matches("button, a[href], summary, textarea") || (inText(here) && form))) return;
  event.preventDefault();
  // Where each button says something else, a person presses one of them.
  if (choice) choice.focus();
  else if (form?.matches("[data-once]")) form.requestSubmit();
  else nextOpen();
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-goto], [data-answer-all], [data-copy], [data-help], [data-show-keys]");
  if (pressed?.matches("[data-show-keys]")) document.querySelector("[data-key-list]").showModal();
  else if (pressed?.matches("[data-goto]")) goTo(pressed.dataset.goto);
  else if (pressed?.matches("[data-answer-all]")) answerAll(pressed);
  else if (pressed?.matches("[data-copy]")) void copy(pressed);
  else if (pressed?.matches("[data-help]") && document.querySelector("[data-refresh]")) {
    // A page in the middle of something stays where it is.
    event.preventDefault();
    window.open(pressed.href, "kakanai-help", "noopener");
  }
});

// The question that was asked for again has come: go on there, unless the hand is elsewhere by now.
document.addEventListener("htmx:afterSettle", (event) => {
  const fold = event.target.closest?.("details[data-again]");
  if (fold?.querySelector("summary") === document.activeElement) focusOn(event.target);
});

function answerAll(button) {
  for (const radio of button.form.querySelectorAll(`input[type=radio][value="${button.dataset.answerAll}"]`)) radio.checked = true;
  button.form.dispatchEvent(new Event("input", { bubbles: true }));
  button.form.requestSubmit();
}

async function copy(button) {
  const text = document.querySelector(button.dataset.copy).textContent.trim();
  await navigator.clipboard.writeText(text);
  const place = document.querySelector("[data-copied]");
  if (place) place.textContent = place.dataset.words;
}

/** Minutes that pass while a page is open. */
function tick() {
  const now = Date.now();
  for (const place of document.querySelectorAll("[data-since]")) {
    const minutes = Math.max(0, Math.floor((now - Date.parse(place.dataset.since)) / 60_000));
    place.textContent = span(minutes);
    const [some, many] = (place.dataset.long ?? "").split(" ").map(Number);
    place.classList.toggle("wait-some", minutes >= some && !(minutes >= many));
    place.classList.toggle("wait-many", minutes >= many);
  }
}

/** Days until a deadline, in the words of the list. */
function dueTick() {
  const list = document.querySelector("[data-due-left]");
  if (!list) return;
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Tokyo" }).format(new Date());
  for (const place of list.querySelectorAll("[data-due]")) {
    const left = Math.round((Date.parse(place.dataset.due) - Date.parse(today)) / 86_400_000);
    const one = Math.abs(left) === 1 ? "One" : "";
    const words = left === 0 ? list.dataset.dueToday : list.dataset[(left < 0 ? "dueLate" : "dueLeft") + one];
    place.textContent = words.replace("#", String(Math.abs(left)));
    place.classList.toggle("due-soon", left >= 0 && left < 4);
    place.classList.toggle("due-late", left < 0);
  }
}

function span(minutes) {
  const english = document.documentElement.lang === "en";
  if (minutes < 60) return english ? `${minutes} min` : `${minutes}分`;
  if (minutes < 1440) return english ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)}時間`;
  return english ? `${Math.floor(minutes / 1440)} d` : `${Math.floor(minutes / 1440)}日`;
}

/** Whether what is on the screen is also in the database. */
function light(state) {
  const place = document.querySelector("[data-save-light]");
  if (place) place.textContent = place.dataset[state];
}

function lightNow() {
  if (document.querySelector("[data-save-light]")?.textContent) light(unsaved() ? "unsaved" : "saved");
}

document.addEventListener("input", () => setTimeout(lightNow));
document.addEventListener("htmx:beforeRequest", (event) => { if (event.target.matches("form[data-once]")) light("saving"); });
document.addEventListener("htmx:afterRequest", () => setTimeout(lightNow));

keepAcrossSwaps({ after: () => { tick(); dueTick(); startCardPanels(); startFields(); } });
startCardPanels();
startFields();
tick();
dueTick();
setInterval(tick, 15_000);
