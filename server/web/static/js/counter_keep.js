/**
 * What a clerk has in hand stays there when a part of the page is replaced: typed words, ticks, opened details, scroll,
 * focus and search results. A form that was just saved is the exception: its values are the server's now, and the focus
 * goes on to the next open thing.
 */

import { pageMessage, pageSays, words } from "./page.js";
import { isShown } from "./seen.js";

const LOST_MS = 5_000;
const ANYTHING = "anything";
const FRAGMENTS = "#workspace, #queue, #work-list, #found";
let kept = null;
let saved = null;
let composing = false;
let pressing = false;
// What was told last (null: nothing), and what the refresh under way was told.
let missed = null;
let asked = null;
const presses = new Map();
let lost = null;
let again = [];

/** Focus on the first thing in `place` that takes it, and bring it into view; what is folded up is opened. */
export function focusOn(place) {
  for (let fold = place.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const within = "input:not([type=hidden]):not([disabled]), select:not([disabled]), button:not([disabled]), a[href], summary, [tabindex='-1']";
  const candidates = place.matches(within) ? [place] : [...place.querySelectorAll(within)];
  const visible = candidates.filter((element) => element.checkVisibility());
  const target = visible.find((element) => element.parentElement !== place || !element.matches("summary")) ?? visible[0];
  const checked = target?.type === "radio" ? place.querySelector(`input[name="${CSS.escape(target.name)}"]:checked`) : null;
  (checked ?? target)?.focus({ preventScroll: true });
  place.scrollIntoView({ block: "nearest" });
}

/** Enter: the next open thing after the one in focus, else the next act. */
export function nextOpen() {
  const open = [...document.querySelectorAll("[data-open]")];
  const here = document.activeElement;
  const at = open.findIndex((place) => place.contains(here));
  const after = at === -1 ? open.find((place) => here?.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING) : open[at + 1];
  const next = after ?? open[0];
  if (next && !next.contains(here)) focusOn(next);
  else document.querySelector("[data-next-act]")?.focus();
}

/** How an element can be found again in the new fragment. */
function address(element) {
  if (!element || element === document.body) return null;
  if (element.id) return `#${CSS.escape(element.id)}`;
  const form = element.closest("form[id]");
  if (form && element.name) return `#${CSS.escape(form.id)} [name="${CSS.escape(element.name)}"]${element.value && element.matches("button, [type=radio]") ? `[value="${CSS.escape(element.value)}"]` : ""}`;
  if (form) return `#${CSS.escape(form.id)} ${element.localName}`;
  if (element.matches("summary")) return element.parentElement.id ? `#${CSS.escape(element.parentElement.id)} > summary` : null;
  return element.dataset.act ? `[data-act="${element.dataset.act}"]` : null;
}

function changed(control) {
  if (control.matches("[type=hidden], [type=submit], button")) return false;
  if (control.matches("[type=checkbox], [type=radio]")) return control.checked !== control.defaultChecked;
  if (control instanceof HTMLSelectElement) {
    // A drop-down of which nothing was chosen shows its first option; a list shows none.
    const stood = [...control.options].find((option) => option.defaultSelected) ?? (control.size > 1 ? undefined : control.options[0]);
    return control.selectedOptions[0] !== stood;
  }
  return control.value !== control.defaultValue;
}

/** Whether a form that writes holds something that was not sent yet; searching writes nothing. */
export function unsaved() {
  const controls = document.querySelectorAll("form[data-once]:not([data-asks]) :is(input, select, textarea)");
  return [...controls].some((control) => control.id && control.name && changed(control));
}

function savesItself(form) {
  return form?.getAttribute?.("hx-trigger")?.startsWith("change") ?? false;
}

function stateOf(control) {
  return control.matches("[type=checkbox], [type=radio]") ? control.checked : control.value;
}

/** What a form sends, and where the focus is before its buttons rest. */
function snapshot(form) {
  return { values: new Map([...form.elements].map((control) => [control.id, stateOf(control)])), focus: address(document.activeElement) };
}

/** Whether a control is in somebody's hand: changed, or, in the form just saved, changed since it was sent. */
function inHand(control, sent) {
  if (control.form?.id !== saved || control.form.matches("[data-asks]")) return changed(control);
  return sent !== undefined && sent.values.get(control.id) !== stateOf(control) && !control.matches("[type=hidden], button");
}

function look(root, sent) {
  const controls = [...root.querySelectorAll("input, select, textarea")].filter((control) => control.id && !control.closest("[hx-preserve]"));
  return {
    typed: controls.filter((control) => inHand(control, sent))
      .map((control) => ({ at: address(control), value: control.value, checked: control.checked })),
    open: [...root.querySelectorAll("details[id]")].filter((details) => !details.querySelector(`form[id="${saved}"]`))
      .map((details) => ({ at: address(details), open: details.open, asked: details.matches("[data-open]"), filled: details.open ? [...(details.querySelector(".why-body")?.childNodes ?? [])] : [] })),
    scroll: [...root.querySelectorAll(".column")].map((column) => column.scrollTop),
    focus: root.contains(document.activeElement) ? address(document.activeElement) : document.activeElement === document.body ? sent?.focus : null,
    selection: selectionOf(document.activeElement),
    found: saved ? null : root.querySelector("#found[data-found=yes]"),
    saved,
  };
}

function selectionOf(element) {
  return element instanceof HTMLInputElement && element.type === "text" ? [element.selectionStart, element.selectionEnd] : null;
}

function putBack(root) {
  const { typed, open, scroll, focus, selection, found } = kept;
  for (const one of typed) {
    const control = root.querySelector(one.at);
    if (!control) continue;
    if (control.matches("[type=checkbox], [type=radio]")) control.checked = one.checked;
    else control.value = one.value;
    // A form that saves itself on each change lost the request for this one with its place on the page.
    if (savesItself(control.form)) again.push(control);
  }
  for (const one of open) {
    const details = root.querySelector(one.at);
    // What only now has to be filled in was opened by the server.
    if (!details || (details.matches("[data-open]") && !one.asked)) continue;
    details.open = one.open;
    const body = details.querySelector(".why-body");
    if (body && one.filled.length > 0) body.replaceChildren(...one.filled);
  }
  root.querySelectorAll(".column").forEach((column, place) => { column.scrollTop = scroll[place] ?? 0; });
  const empty = root.querySelector("#found[data-found=no]");
  if (found && empty) empty.replaceWith(found);
  const version = root.dataset.version;
  if (version) for (const field of root.querySelectorAll("input[name=version]")) field.value = version;
  const target = focus && root.querySelector(focus);
  if (kept.saved && !kept.stays) {
    const arrive = root.querySelector("[data-arrive]");
    if (arrive) focusOn(arrive);
    else nextOpenFrom(root, kept.saved);
  } else if (focus && !target?.checkVisibility()) {
    // What had the focus is settled and gone: go on where the work goes on.
    const first = root.querySelector("[data-open]");
    if (first) focusOn(first);
    else document.querySelector("[data-next-act]")?.focus();
  } else if (target) {
    target.focus({ preventScroll: true });
    if (selection) target.setSelectionRange?.(...selection);
  }
}

/**
 * Whether people stand there to choose from, and neither the intake nor the card changed: the server does not know whom
 * it found, so a refresh would only put the page around them out of order.
 */
function choosing(root, answer) {
  const version = /data-version="(\d+)"/.exec(answer)?.[1];
  const card = /name="read_id" value="([^"]*)"/.exec(answer)?.[1];
  const same = version === root.dataset.version && card === root.querySelector("[name=read_id]")?.value;
  return same && root.querySelector("#found[data-found=yes]") !== null;
}

/** After saving: the first open thing at or after the saved one, else the next act. */
function nextOpenFrom(root, form) {
  const open = [...root.querySelectorAll("[data-open]")];
  const place = root.querySelector(`#${CSS.escape(form)}`);
  const next = open.find((one) => !place || one.contains(place) || place.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING) ?? open[0];
  if (next) focusOn(next);
  else document.querySelector("[data-next-act]")?.focus();
}

/** A word is being converted, a finger is down, or a press waits for its answer. */
function busy() {
  return composing || pressing || presses.size > 0;
}

/** Fetches what changed meanwhile, as soon as nothing is in the middle of happening. */
function catchUp() {
  if (!missed || busy()) return;
  const told = missed;
  missed = null;
  if (!isShown(told)) htmx.trigger("[data-refresh]", "sse:changed");
}

/**
 * A press and a refresh never overlap. Each replaces the same fragment: the answer that comes second would find its target
 * gone, and htmx then drops it and, with it, the part of the page that is preserved across swaps. Two presses may overlap,
 * for people are quick; what is still on its way is then meant for the fragment that stands there by now.
 */
function onePieceAtATime() {
  document.addEventListener("htmx:confirm", (event) => {
    if (!event.target.matches("[data-refresh]")) return;
    asked = event.detail.triggeringEvent?.detail?.data ?? ANYTHING;
    if (!busy()) return;
    event.preventDefault();
    missed = asked;
  });
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    const refresh = document.querySelector("[data-refresh]");
    if (!refresh || !detail.elt.matches("form[data-once]")) return;
    presses.set(detail.xhr, { ...snapshot(detail.elt), request: detail });
    // Not htmx:afterRequest: nobody hears it of a form that another answer has taken off the page.
    detail.xhr.addEventListener("loadend", () => {
      presses.delete(detail.xhr);
      catchUp();
    });
    if (refresh.matches(".htmx-request")) missed = asked;
    htmx.trigger(refresh, "htmx:abort");
  });
  // A button that is replaced between a finger's coming down and its going up is never pressed.
  document.addEventListener("pointerdown", () => { pressing = true; }, true);
  const lifted = () => setTimeout(() => {
    pressing = false;
    catchUp();
  });
  document.addEventListener("pointerup", lifted, true);
  document.addEventListener("pointercancel", lifted, true);
  // Let go of beyond the edge of the window.
  document.documentElement.addEventListener("pointerleave", lifted);
}

/** Wires the page; `after` runs when a fragment has been replaced. */
export function keepAcrossSwaps({ after }) {
  document.addEventListener("compositionstart", () => { composing = true; });
  document.addEventListener("compositionend", () => {
    composing = false;
    catchUp();
  });
  onePieceAtATime();
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    if (!target?.matches?.(FRAGMENTS) || !event.detail.shouldSwap) return;
    const from = event.detail.requestConfig?.elt;
    if (pressing && from?.matches?.("[data-refresh]")) {
      event.detail.shouldSwap = false;
      missed = asked;
      return;
    }
    if (from?.matches?.("[data-refresh]") && choosing(target, event.detail.serverResponse)) {
      event.detail.shouldSwap = false;
      return;
    }
    // A mark on a row ([data-stays]) settles nothing: the row stays open, and the focus where it is.
    saved = from?.matches?.("form[id]:not([data-stays])") ? from.id : null;
    kept = look(target, presses.get(event.detail.xhr));
    // Whoever ticks one box may want to tick the next.
    kept.stays = savesItself(from);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!kept) return;
    const root = document.getElementById(event.detail.target.id);
    if (root) putBack(root);
    for (const { request } of presses.values()) {
      if (!request.target.isConnected) request.target = document.getElementById(request.target.id) ?? request.target;
    }
    kept = null;
    saved = null;
    after();
  });
  // Only now does htmx listen to the forms of the new fragment.
  document.addEventListener("htmx:afterSettle", (event) => {
    const wired = again.filter((control) => event.target.contains(control));
    again = again.filter((control) => control.isConnected && !wired.includes(control));
    for (const control of wired) control.dispatchEvent(new Event("change", { bubbles: true }));
  });
  document.addEventListener("htmx:sseError", () => lineLost(words("request-failed")));
  // The gateway says so on the line itself while the server is away or does not know this station.
  document.addEventListener("htmx:sseOpen", (event) => event.detail.source.addEventListener("server-away", lineAway));
  document.addEventListener("htmx:sseMessage", () => {
    clearTimeout(lost);
    if (lost !== null) pageMessage("");
    lost = null;
  });
}

/** A line that comes back within moments is nobody's concern. */
function lineLost(text) {
  lost ??= setTimeout(() => pageSays(text), LOST_MS);
}

function lineAway(event) {
  const said = JSON.parse(event.data);
  const text = said[document.documentElement.lang] ?? said.ja;
  lineLost(text);
  if (said.code !== "server_not_registered") return;
  clearTimeout(lost);
  pageSays(text);
}
