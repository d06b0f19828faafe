/**
 * Pressing twice is one act. When the page has changed between the two halves of a double press, the second would land on
 * whatever stands there now: 受理する would go on to 受付を終える, 次の方を呼ぶ to beginning the reception. The same goes for a
 * key that is held down, and for Ctrl+Enter pressed twice.
 *
 * A classic script in the head, so that it is there before anything can be pressed. Screens that are touched do not count
 * clicks, so the last place is kept for as long as a double press may take, also across pages.
 */
(() => {
  const DOUBLE_MS = 500;
  const NEAR_PX = 40;
  const KEPT = "kakanai.pressed";
  const CHORD = "kakanai.chord";
  let pressed = null;

  function before() {
    const kept = sessionStorage.getItem(KEPT);
    return kept ? JSON.parse(kept) : null;
  }

  function isSecondHalf(event, last) {
    if (event.detail > 1) return true;
    if (event.pointerType !== "touch" || last === null) return false;
    return Date.now() - last.at < DOUBLE_MS && Math.hypot(event.clientX - last.x, event.clientY - last.y) < NEAR_PX;
  }

  document.addEventListener("click", (event) => {
    const control = event.target.closest?.("button, a[href]");
    if (!control || !event.isTrusted || event.detail === 0) return;
    const last = before();
    sessionStorage.setItem(KEPT, JSON.stringify({ at: Date.now(), x: event.clientX, y: event.clientY }));
    // The same control twice is its own matter: digits are typed so, and a form is sent once.
    const other = control !== pressed;
    pressed = control;
    if (!other || !isSecondHalf(event, last)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  function isSecondChord(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return false;
    const last = Number(sessionStorage.getItem(CHORD));
    sessionStorage.setItem(CHORD, String(Date.now()));
    return Date.now() - last < DOUBLE_MS;
  }

  document.addEventListener("keydown", (event) => {
    if (isSecondChord(event)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (!event.repeat || !/^([0-9]|Enter| )$/.test(event.key)) return;
    if (event.target.matches?.("textarea, input:not([type=checkbox], [type=radio])") && event.key !== "Enter") return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
})();
