/**
 * Forms that are sent once, and messages when a request does not arrive.
 *
 * A form with `data-once` carries a hidden `idempotency_key` from the moment it is shown. Its buttons rest after the
 * first press. A press that got no answer can be repeated with the same key, so the server answers it once; a changed
 * field is another request and gets another key. An element with `data-saved-state` inside the form says how it stands.
 *
 * An entry module: every page loads it once by a script element, and no module imports it (page.js has what is shared).
 */

import { newKey, pageMessage, words } from "./page.js";

function keyField(form) {
  let input = form.querySelector('input[name="idempotency_key"]');
  if (!input) {
    input = document.createElement("input");
    input.type = "hidden";
    input.name = "idempotency_key";
    form.append(input);
  }
  return input;
}

function renew(form) {
  keyField(form).value = newKey();
  delete form.dataset.pressed;
}

function say(form, name) {
  const place = form.querySelector("[data-saved-state]") ?? document.querySelector(`[data-saved-state="${form.id}"]`);
  if (place) place.textContent = name ? words(name) : "";
}

function rest(form, resting) {
  if (resting) form.setAttribute("aria-busy", "true");
  else form.removeAttribute("aria-busy");
  const outside = form.id ? document.querySelectorAll(`button[form="${form.id}"]`) : [];
  for (const button of [...form.querySelectorAll('button:not([type="button"])'), ...outside]) {
    if (resting && !button.disabled) {
      button.disabled = true;
      button.dataset.resting = "";
    } else if (!resting && "resting" in button.dataset) {
      button.disabled = false;
      delete button.dataset.resting;
    }
  }
}

function prepare(root) {
  const forms = root.matches?.("form[data-once]") ? [root] : root.querySelectorAll?.("form[data-once]") ?? [];
  for (const form of forms) {
    if (!form.querySelector('input[name="idempotency_key"]')?.value) renew(form);
  }
}

function onSubmit(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-once]")) return;
  if (form.dataset.pressed !== undefined) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.pressed = "";
  say(form, "saving");
  // The pressed button's own name and value are still to be read, so it rests in the next task.
  setTimeout(() => rest(form, true));
}

function onAnswer(event) {
  const form = event.target.closest?.("form[data-once]");
  if (!form) return;
  // A refusal that htmx shows as a notice comes as a success of its own.
  const done = event.detail.successful && !event.detail.xhr.getResponseHeader("X-Problem");
  if (done) renew(form);
  // The same key stays after a failure: pressing again repeats the same request.
  delete form.dataset.pressed;
  setTimeout(() => rest(form, false));
  say(form, done ? "saved" : "not-saved");
}

function onEdit(event) {
  const form = event.target.closest?.("form[data-once]");
  if (!form || form.hasAttribute("aria-busy")) return;
  renew(form);
  say(form, "");
}

prepare(document);
// Capture: the guard has to run before htmx's own listener on the form.
document.addEventListener("submit", onSubmit, true);
document.addEventListener("input", onEdit);
document.addEventListener("htmx:load", (event) => prepare(event.target));
document.addEventListener("htmx:afterRequest", onAnswer);
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => pageMessage("request-failed"));
}
document.addEventListener("htmx:beforeSwap", (event) => {
  // What a press was told stays until the next press; a page that renews itself only shows that the line is back.
  const renewal = event.detail.requestConfig?.verb === "get";
  if (!renewal || document.querySelector("#page-message [data-no-answer]")) pageMessage("");
});
// A page that comes back out of the browser's memory would show the last person's state.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
