/**
 * The browser's side of the station's gateway (same origin, /station/…). Used by the kiosk and by counter pages.
 *
 * State: { reader: no_service|no_reader|empty|present|mute|busy, ticket_printer, page_printer, server: up|down }.
 * Read answer: { outcome, tries_left, card_read_id, preview: {name_masked, birth_masked}|null, server, message: {ja, en} }.
 * The PIN goes to the gateway on this machine and nowhere else; nothing here keeps it.
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
 * One read with one PIN: at most one try is used. `pin` is four digits; `purpose` is "ticket" or "reception";
 * `reference` the opaque id of what the read belongs to, or null. Resolves to the read answer; when the gateway gives
 * none, to { outcome: "failed", message: null, … }. Never rejects.
 */
export async function readCard({ pin, purpose, reference = null, allowLastTry = false }) {
  const failed = { outcome: "failed", tries_left: null, card_read_id: null, preview: null, server: "down", message: null };
  const body = JSON.stringify({ pin, purpose, reference, allow_last_try: allowLastTry });
  try {
    let answer = await post(body);
    if (answer.status === 403) {
      // The gateway was restarted and has forgotten this page's token. Nothing was read yet, so asking again is safe.
      tokenWanted = null;
      answer = await post(body);
    }
    const type = answer.headers.get("content-type") ?? "";
    return type.startsWith("application/json") ? { ...failed, ...(await answer.json()) } : failed;
  } catch {
    tokenWanted = null;
    return failed;
  }
}

async function post(body) {
  const headers = { "Content-Type": "application/json", "X-Page-Token": await pageToken() };
  return fetch("/station/card/read", { method: "POST", headers, body, cache: "no-store" });
}
