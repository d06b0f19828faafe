/**
 * Card and PIN at the kiosk: place → pin → reading → confirm → take → ticket; trouble leads back or on without the card.
 *
 * The paper comes last, as at a cash machine: who waits for the ticket does not forget the card. The last try of a PIN is
 * never used here; that is a matter for the counter. Digits live in one array, are emptied with each read and never
 * shown.
 */

import { words } from "./page.js";
import { chime, TAKE_CARD } from "./sound.js";
import { readCard, watchStation } from "./station.js";

const LENGTH = 4;
const WITH_CARD = new Set(["present", "mute", "busy"]);
const AGAIN = new Set(["other_card", "removed", "unreadable", "no_card", "failed"]);
const KEEP_STILL = new Set(["removed", "unreadable"]);
const NO_READER = new Set(["no_reader", "no_service"]);
const REMIND_MS = 4_000;
const STUCK_MS = 20_000;

/** Wires the page. `alive` is called when a card moves, which is a sign of life as a touch is. */
export function startPin({ alive }) {
  const find = (selector) => document.querySelector(selector);
  const form = find("#ticket-form");
  const language = document.documentElement.lang;
  const digits = [];
  let step = "place";
  let reader = null;
  let mustLift = false;
  let lifted = false;
  let waitsFor = "";
  let reminders = [];

  function show(next) {
    step = next;
    erase();
    reminders.forEach(clearTimeout);
    reminders = [];
    for (const section of document.querySelectorAll("[data-step]")) section.hidden = section.dataset.step !== next;
    find(`[data-step="${next}"]`).focus();
  }

  // --- digits ---------------------------------------------------------------------------------------------------

  function paint() {
    const dots = find("[data-pin-dots]");
    [...dots.children].forEach((dot, place) => dot.classList.toggle("filled", place < digits.length));
    dots.setAttribute("aria-label", dots.dataset.label.replace("{n}", String(digits.length)));
    find("[data-read]").disabled = digits.length !== LENGTH;
  }

  function erase() {
    digits.fill(0);
    digits.length = 0;
    paint();
  }

  function type(digit) {
    if (digits.length < LENGTH) digits.push(digit);
    find("[data-pin-message]").replaceChildren();
    paint();
  }

  async function read() {
    if (step !== "pin" || digits.length !== LENGTH) return;
    const asked = readCard({ pin: digits.join(""), purpose: "ticket" });
    show("reading");
    after(await asked);
  }

  // --- what came of it --------------------------------------------------------------------------------------------

  function after(answer) {
    alive();
    const message = answer.message?.[language] ?? "";
    if (answer.outcome === "read" && answer.card_read_id) {
      for (const place of document.querySelectorAll("[data-preview]")) {
        place.textContent = answer.preview?.[place.dataset.preview] ?? "";
      }
      form.elements.card_read_id.value = answer.card_read_id;
      show("confirm");
    } else if (answer.outcome === "wrong_secret" && answer.tries_left > 1) {
      show(WITH_CARD.has(reader) ? "pin" : "place");
      tell(message);
    } else if (answer.outcome === "wrong_secret") {
      trouble("last_try_refused", message);
    } else {
      trouble(answer.outcome === "read" ? "server_down" : answer.outcome, message);
    }
  }

  function tell(message) {
    const notice = document.getElementById("words-pin-notice").content.cloneNode(true);
    notice.querySelector(".notice-title").textContent = message;
    find("[data-pin-message]").replaceChildren(notice);
  }

  function trouble(kind, message) {
    const name = kind === "no_service" ? "no-reader" : kind.replaceAll("_", "-");
    find("[data-trouble-title]").textContent = words(`trouble-${name}`) || words("trouble-failed");
    find("[data-trouble-message]").textContent = message || words(`${name}-next`) || words("failed-next");
    find("[data-again]").hidden = !AGAIN.has(kind);
    mustLift = WITH_CARD.has(reader) && kind !== "removed" && kind !== "no_card";
    lifted = !WITH_CARD.has(reader);
    waitsFor = name === "no-reader" ? "reader" : AGAIN.has(kind) ? "card" : "";
    show("trouble");
    if (KEEP_STILL.has(kind)) tell(words("keep-still"));
  }

  /** Out of trouble without a button: the reader is back, or a card was laid on once more as the words asked. */
  function recover(now) {
    const came = waitsFor === "reader" ? !NO_READER.has(now) : waitsFor === "card" && lifted && now === "present";
    if (came) show(now === "present" ? "pin" : "place");
  }

  // --- towards the ticket --------------------------------------------------------------------------------------------

  function leave(withCard) {
    if (!withCard) form.elements.card_read_id.value = "";
    for (const place of document.querySelectorAll("[data-preview]")) place.textContent = "";
    if (!WITH_CARD.has(reader)) return send();
    show("take");
    find("[data-take-stuck]").hidden = true;
    reminders = [
      setInterval(() => chime(TAKE_CARD), REMIND_MS),
      setTimeout(() => { find("[data-take-stuck]").hidden = false; }, STUCK_MS),
    ];
    chime(TAKE_CARD);
  }

  function send() {
    show("sending");
    form.requestSubmit();
  }

  // --- the reader and the hands --------------------------------------------------------------------------------------

  watchStation((state) => {
    // A silent gateway says nothing about the card: what was last known still counts, and nobody has moved.
    if (state === null && step === "place") trouble("no_reader", "");
    const now = state?.reader ?? reader;
    if (state !== null && step === "trouble" && waitsFor === "reader") recover(now);
    if (now === reader) return;
    reader = now;
    alive();
    if (!WITH_CARD.has(now)) {
      mustLift = false;
      lifted = true;
    }
    find("[data-mute]").hidden = now !== "mute";
    if (step === "place" && NO_READER.has(now)) trouble("no_reader", "");
    else if (step === "place" && now === "present" && !mustLift) show("pin");
    else if (step === "pin" && !WITH_CARD.has(now)) show("place");
    else if (step === "trouble" && waitsFor === "card") recover(now);
    else if (step === "take" && !WITH_CARD.has(now)) send();
  });

  const presses = {
    "[data-digit]": (button) => type(button.dataset.digit),
    "[data-erase]": () => { digits.pop(); paint(); },
    "[data-read]": read,
    "[data-confirm]": () => leave(true),
    "[data-reject]": () => leave(false),
    "[data-without-card]": () => leave(false),
    "[data-taken]": send,
    "[data-again]": () => show(reader === "present" && !mustLift ? "pin" : "place"),
  };
  document.addEventListener("click", (event) => {
    for (const [selector, act] of Object.entries(presses)) {
      const button = event.target.closest(selector);
      if (!button) continue;
      event.preventDefault();
      return void act(button);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (step !== "pin" || event.ctrlKey || event.altKey || event.metaKey) return;
    if (/^[0-9]$/.test(event.key)) type(event.key);
    else if (event.key === "Backspace") { digits.pop(); paint(); }
    else if (event.key === "Enter" && digits.length === LENGTH && !event.target.closest("button:not([data-digit])")) {
      event.preventDefault();
      void read();
    }
  });
  window.addEventListener("pagehide", erase);
  paint();
}
