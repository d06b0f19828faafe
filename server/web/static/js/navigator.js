/**
 * The navigator: where the eyes and the keyboard go after a press, the phone's own Back, and printing.
 *
 * Pages replace each other inside #navigator and leave nothing in the browser's history, so that no answer lies there.
 * At home each step adds an empty entry instead: Back then presses the page's own "もどる". A kiosk has no Back.
 */

const atKiosk = document.querySelector("[data-kiosk]") !== null;
let depth = 0;

function arrive() {
  const button = document.querySelector("[data-print]");
  if (button) button.hidden = false;
  document.querySelector("#navigator [role=alert], #navigator [data-arrive]")?.scrollIntoView({ block: "nearest" });
  document.querySelector("#navigator [data-arrive]")?.focus({ preventScroll: true });
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (!document.getElementById("navigator") || event.detail.requestConfig?.path !== "/navigator/") return;
  (document.querySelector("[data-kiosk]") ?? window).scrollTo(0, 0);
  arrive();
  if (!atKiosk && event.detail.requestConfig.parameters?.act !== "back") history.pushState({ step: (depth += 1) }, "");
});

window.addEventListener("popstate", (event) => {
  const wanted = event.state?.step ?? 0;
  const back = document.querySelector('#navigator button[name="act"][value="back"]');
  if (wanted < depth && back) back.click();
  depth = wanted;
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

if (document.querySelector("#navigator [data-print]")) document.querySelector("[data-print]").hidden = false;
