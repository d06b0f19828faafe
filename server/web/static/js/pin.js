/**
 * The card at the kiosk: place → pin or b → reading → confirm → take → ticket; `choose` offers the other ways, trouble leads
 * back, to another way or on without the card.
 *
 * The paper comes last, as at a cash machine: who waits for the ticket does not forget the card. The last try of a secret is
 * never used here; that is a matter for the counter. How many tries there are is said before the first digit. Digits are
 * emptied with each read; those of a PIN are never shown.
 */

import { digitsOf } from "./digits.js";
import { words } from "./page.js";
import { chime, TAKE_CARD } from "./sound.js";
import { askTries, readCard, tellAgain, watchStation } from "./station.js";

const WITH_CARD = new Set(["present", "mute", "busy"]);
const AGAIN = new Set(["other_card", "removed", "unreadable", "no_card", "failed"]);
const KEEP_STILL = new Set(["removed", "unreadable"]);
const NO_READER = new Set(["no_reader", "no_service"]);
// What asking for the tries finds out and a resident must know before typing; the rest shows itself.
const BEFORE_TYPING = new Set(["blocked", "other_card", "unreadable"]);
const REMIND_MS = 4_000;
const STUCK_MS = 20_000;

/** Wires the page. `alive` is called when a card moves, which is a sign of life as a touch is; `forgetCard` when what was
 * read is not wanted. */
export function startPin({ alive, forgetCard }) {
  const find = (selector) => document.querySelector(selector);
  const form = find("#ticket-form");
  const language = document.documentElement.lang;
  const modes = form.dataset.modes.split(" ").filter(Boolean);
  let step = "place";
  let wanted = modes[0] === "none" && modes.length > 1 ? null : modes[0] ?? null;
  let reader = null;
  let mustLift = false;
  let lifted = false;
  let readWhenLaid = false;
  let waitsFor = "";
  let reminders = [];
  const section = (name) => find(`[data-step="${name}"]`);
  const digits = { pin: digitsOf(section("pin"), () => {}), b: digitsOf(section("b"), () => {}) };

  function show(next) {
    step = next;
    erase();
    readWhenLaid = false;
    reminders.forEach(clearTimeout);
    reminders = [];
    for (const one of document.querySelectorAll("[data-step]")) one.hidden = one.dataset.step !== next;
    section(next).focus();
    if (next in digits) void sayTries(next);
  }

  /** On to the way of reading that is wanted, as far as it goes without a card. */
  function begin() {
    if (wanted === "b") show("b");
    else if (!WITH_CARD.has(reader) || mustLift) show("place");
    else if (wanted === "none") void readNothing();
    else show(wanted === null ? "choose" : "pin");
  }

  function erase() {
    Object.values(digits).forEach((one) => one.erase());
  }

  async function sayTries(mode) {
    const line = section(mode).querySelector("[data-tries]");
    line.textContent = "";
    if (reader !== "present") return;
    const answer = await askTries(mode);
    if (step !== mode) return;
    const message = answer.message?.[language] ?? "";
    if (answer.outcome === "asked" && answer.tries_left === 1) trouble("last_try_refused", message, answer);
    else if (answer.outcome === "asked" && !section(mode).querySelector("[data-pin-message] *")) line.textContent = message;
    else if (BEFORE_TYPING.has(answer.outcome)) trouble(answer.outcome, message, answer);
  }

  function type(digit) {
    tell("");
    digits[step]?.type(digit);
  }

  async function read() {
    if (!digits[step]?.full()) return;
    if (!WITH_CARD.has(reader)) {
      readWhenLaid = true;
      return void tell(words("lay-card"));
    }
    const mode = step;
    const [first, expiry, code] = digits[mode].numbers();
    const asked = readCard({ mode, secret: mode === "pin" ? { pin: first } : { birth: first, expiry, code }, purpose: "ticket" });
    show("reading");
    after(await asked);
  }

  async function readNothing() {
    show("reading");
    after(await readCard({ mode: "none", purpose: "ticket" }));
  }

  /** The reading that the server did not answer, once more: the card stays, and nothing is typed. */
  async function sendAgain() {
    show("reading");
    after(await tellAgain());
  }

  // --- what came of it --------------------------------------------------------------------------------------------

  function after(answer) {
    alive();
    const message = answer.message?.[language] ?? "";
    if (answer.outcome === "read" && answer.card_read_id && answer.mode === "none") {
      form.elements.card_read_id.value = answer.card_read_id;
      leave(true);
    } else if (answer.outcome === "read" && answer.card_read_id) {
      for (const place of document.querySelectorAll("[data-preview]")) {
        place.textContent = answer.preview?.[place.dataset.preview] ?? "";
      }
      form.elements.card_read_id.value = answer.card_read_id;
      show("confirm");
    } else if (answer.outcome === "bad_secret" || (answer.outcome === "wrong_secret" && answer.tries_left > 1)) {
      begin();
      tell(message);
    } else if (answer.outcome === "wrong_secret") {
      trouble("last_try_refused", message, answer);
    } else {
      const untold = answer.again ? "server_silent" : "server_down";
      trouble(answer.outcome === "read" ? untold : answer.outcome, message, answer);
    }
  }

  /** Beside the digits of both ways; "" takes it away. */
  function tell(message) {
    for (const place of document.querySelectorAll("[data-pin-message]")) {
      const notice = document.getElementById("words-pin-notice").content.cloneNode(true);
      notice.querySelector(".notice-title").textContent = message;
      place.replaceChildren(...(message ? [notice] : []));
    }
  }

  /** `instead`: the other ways that this answer leaves. */
  function trouble(kind, message, { mode = "pin", instead = [], again = false } = {}) {
    const name = kind === "no_service" ? "no-reader" : kind.replaceAll("_", "-");
    find("[data-trouble-title]").textContent = words(`trouble-${name}-${mode}`) || words(`trouble-${name}`) || words("trouble-failed");
    find("[data-trouble-message]").textContent = message || words(`${name}-next`) || words("failed-next");
    find("[data-again]").hidden = !AGAIN.has(kind);
    find("[data-tell]").hidden = !again;
    for (const way of section("trouble").querySelectorAll("[data-choose]")) {
      way.hidden = !instead.includes(way.dataset.choose) || !modes.includes(way.dataset.choose);
    }
    mustLift = WITH_CARD.has(reader) && kind !== "removed" && kind !== "no_card";
    lifted = !WITH_CARD.has(reader);
    waitsFor = name === "no-reader" ? "reader" : AGAIN.has(kind) ? "card" : "";
    show("trouble");
    if (KEEP_STILL.has(kind)) tell(words("keep-still"));
  }

  /** Out of trouble without a button: the reader is back, or a card was laid on once more as the words asked. */
  function recover(now) {
    const came = waitsFor === "reader" ? !NO_READER.has(now) : waitsFor === "card" && lifted && now === "present";
    if (came) begin();
  }

  // --- towards the ticket --------------------------------------------------------------------------------------------

  function leave(withCard) {
    if (!withCard && form.elements.card_read_id.value) {
      form.elements.card_read_id.value = "";
      forgetCard();
    }
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
    else if (step === "place" && now === "present" && !mustLift) begin();
    else if (["pin", "choose"].includes(step) && !WITH_CARD.has(now)) show("place");
    else if (step === "b" && now === "present") void (readWhenLaid ? read() : sayTries("b"));
    else if (step === "trouble" && waitsFor === "card") recover(now);
    else if (step === "take" && !WITH_CARD.has(now)) send();
  });

  const presses = {
    "[data-digit]": (button) => type(button.dataset.digit),
    "[data-erase]": () => digits[step]?.back(),
    "[data-read]": read,
    "[data-ways]": () => show("choose"),
    "[data-choose]": (button) => {
      tell("");
      wanted = button.dataset.choose;
      mustLift = false;
      begin();
    },
    "[data-confirm]": () => leave(true),
    "[data-reject]": () => leave(false),
    "[data-without-card]": () => leave(false),
    "[data-taken]": send,
    "[data-again]": begin,
    "[data-tell]": sendAgain,
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
    if (!(step in digits) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (/^[0-9]$/.test(event.key)) type(event.key);
    else if (event.key === "Backspace") digits[step].back();
    else if (event.key === "Enter" && digits[step].full() && !event.target.closest("button:not([data-digit])")) {
      event.preventDefault();
      void read();
    }
  });
  window.addEventListener("pagehide", erase);
  erase();
}
