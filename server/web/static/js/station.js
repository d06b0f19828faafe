/**
 * The browser's side of the station's gateway (same origin, /station/…). Used by the kiosk and by counter pages.
 *
 * State: { reader: no_service|no_reader|empty|present|mute|busy, ticket_printer, page_printer, server: up|down }.
 * Read answer: { mode, outcome, tries_left, card_read_id, preview: {name_masked, birth_masked}|null, field, procedure, instead,
 * server, again, message: {ja, en} }; again: the server did not take it, and tellAgain() sends it once more.
 * PIN and 照合番号B go to the gateway on this machine and nowhere else; nothing here keeps them.
 */

const LOST_MS = 5_000;

let tokenWanted = null;

function pageToken() {
  tokenWanted ??= fetch("/station/page-token", { cache: "no-store" })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error("no page token"))))
    .then((body) => body.token);
  return tokenWanted;
}

/**
 * Calls `listener(state)` with the present state and at each change. Returns a function that stops it.
 * `listener(null)` once the gateway has said nothing for LOST_MS: it stopped, or the page was not opened through one.
 * The connection is made again for as long as the page lives; the gateway sends the whole state on every connection.
 */
export function watchStation(listener) {
  let source = null;
  let lost = null;
  let again = null;
  const connect = () => {
    source = new EventSource("/station/events");
    source.addEventListener("state", (event) => {
      clearTimeout(lost);
      lost = null;
      listener(JSON.parse(event.data));
    });
    source.addEventListener("error", () => {
      lost ??= setTimeout(() => listener(null), LOST_MS);
      // After a refusal (not a broken line) the browser does not try again by itself.
      if (source.readyState === EventSource.CLOSED) again = setTimeout(connect, LOST_MS);
    });
  };
  connect();
  return () => {
    source.close();
    clearTimeout(lost);
    clearTimeout(again);
  };
}

/**
 * One read with one secret: at most one try is used. `secret` is {pin} or, for the modes b and face, {birth, printed, expiry,
 * code} or {scan}; nothing for none. `purpose` is "ticket" or "reception"; `reference` the opaque id of what the read belongs
 * to, or null. Resolves to the read answer; when the gateway gives none, to { outcome: "failed", message: null, … }. Never
 * rejects.
 */
export async function readCard({ mode = "pin", secret = {}, purpose, reference = null, allowLastTry = false }) {
  const body = JSON.stringify({ mode, ...secret, purpose, reference, allow_last_try: allowLastTry });
  return asked("/station/card/read", { method: "POST", body });
}

/**
 * Sends the reading that the server did not take once more, while its card still lies there; nothing is entered again.
 * Resolves as readCard does: to "removed" when the reading is no longer kept.
 */
export async function tellAgain() {
  return asked("/station/card/tell", { method: "POST", body: "{}" });
}

/**
 * How often the secret of `mode` can still be entered, asked of the card without using a try. Resolves to { outcome: "asked",
 * tries_left, message }, to how asking ended, or to { outcome: "failed" } when the gateway gives no answer. Never rejects.
 */
export async function askTries(mode) {
  return asked(`/station/card/tries?mode=${mode}`, { method: "GET" });
}

async function asked(path, request) {
  const failed = { outcome: "failed", tries_left: null, card_read_id: null, preview: null, instead: [], server: "down", again: false, message: null };
  try {
    let answer = await send(path, request);
    if (answer.status === 403) {
      // The gateway was restarted and has forgotten this page's token. Nothing was read yet, so asking again is safe.
      tokenWanted = null;
      answer = await send(path, request);
    }
    const type = answer.headers.get("content-type") ?? "";
    return type.startsWith("application/json") ? { ...failed, ...(await answer.json()) } : failed;
  } catch {
    tokenWanted = null;
    return failed;
  }
}

async function send(path, request) {
  const headers = { "Content-Type": "application/json", "X-Page-Token": await pageToken() };
  return fetch(path, { ...request, headers, cache: "no-store" });
}
