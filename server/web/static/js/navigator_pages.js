/**
 * The navigator's pages at the kiosk, where nothing scrolls: the sheet is set in columns, and one panel's width of them
 * is shown at a time. Whatever the keyboard reaches is turned to.
 */

let at = 0;

const sheet = () => document.querySelector("[data-paged] .sheet");

function step(shown) {
  return shown.clientWidth + parseFloat(getComputedStyle(shown).columnGap);
}

function count(shown) {
  const gap = step(shown) - shown.clientWidth;
  return Math.max(1, Math.ceil((shown.scrollWidth + gap) / step(shown) - 0.02));
}

function show(wanted) {
  const shown = sheet();
  if (!shown) return;
  const pages = count(shown);
  at = Math.min(Math.max(0, wanted), pages - 1);
  shown.style.transform = at ? `translateX(${-at * step(shown)}px)` : "";
  const bar = document.querySelector("[data-pages]");
  bar.hidden = pages === 1;
  bar.querySelector("[data-pages-at]").textContent = `${at + 1} / ${pages}`;
  bar.querySelector('[data-page="-1"]').disabled = at === 0;
  bar.querySelector('[data-page="1"]').disabled = at === pages - 1;
}

/** The page on which an element begins. */
function pageOf(element) {
  const shown = sheet();
  const left = element.getBoundingClientRect().left - shown.getBoundingClientRect().left;
  return Math.floor((left + 1) / step(shown));
}

function turnTo(element) {
  if (sheet()?.contains(element)) show(pageOf(element));
}

function fresh() {
  at = 0;
  // Measured twice: where the bar comes or goes, there is less or more room for a page.
  show(0);
  show(0);
  const alert = document.querySelector("#navigator [role=alert]");
  if (alert) turnTo(alert);
}

document.addEventListener("click", (event) => {
  const turned = event.target.closest("[data-page]");
  if (turned) show(at + Number(turned.dataset.page));
  if (event.target.closest("[data-toggle]")) requestAnimationFrame(fresh);
});
document.addEventListener("focusin", (event) => turnTo(event.target));
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.requestConfig?.path === "/navigator/") fresh();
  else show(at);
});
window.addEventListener("resize", () => show(at));
document.fonts.ready.then(fresh);
