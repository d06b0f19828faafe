/**
 * A page that renews itself leaves alone what it shows already: after an act of its own reader, the same change is told to
 * all pages. [data-seen] says from when the page is, the header Kakanai-Seen from when a fragment is: "RUN.NUMBER", where a
 * server that was started anew begins another run.
 */

let shown = document.querySelector("[data-seen]")?.dataset.seen ?? "";

/** Whether what is told (the data of a `changed` event) is on the page already. */
export function isShown(told) {
  const [run, number] = String(told ?? "").replaceAll('"', "").split(".");
  const [shownRun, shownNumber] = shown.split(".");
  return Boolean(number) && run === shownRun && Number(number) <= Number(shownNumber);
}

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  shown = detail.xhr?.getResponseHeader("Kakanai-Seen") || shown;
});

document.addEventListener("htmx:confirm", (event) => {
  if (isShown(event.detail.triggeringEvent?.detail?.data)) event.preventDefault();
});
