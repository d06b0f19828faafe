/**
 * Digits typed on a pad into one section of a page: in one array, emptied with each reading, gone with the page.
 *
 * The section holds [data-group] elements, one per number, each with one child per digit. A group with data-visible shows
 * its digits while it is typed and dots once it is full; any other shows dots alone.
 */

/** Wires `section`; `changed()` is called whenever digits come or go. */
export function digitsOf(section, changed) {
  const groups = [...section.querySelectorAll("[data-group]")];
  const lengths = groups.map((group) => group.children.length);
  const length = lengths.reduce((sum, one) => sum + one, 0);
  const typed = [];

  function paint() {
    let start = 0;
    groups.forEach((group, number) => {
      const filled = Math.min(Math.max(typed.length - start, 0), lengths[number]);
      const open = filled < lengths[number] && typed.length >= start;
      [...group.children].forEach((place, at) => {
        place.classList.toggle("filled", at < filled);
        place.classList.toggle("next", open && at === filled);
        if ("visible" in group.dataset) place.textContent = at >= filled ? "" : open ? typed[start + at] : "●";
      });
      group.classList.toggle("open", open);
      group.setAttribute("aria-label", group.dataset.label.replace("{n}", String(filled)));
      start += lengths[number];
    });
    section.querySelector("[data-read]").disabled = typed.length !== length;
    changed();
  }

  return {
    full: () => typed.length === length,
    type(digit) {
      if (typed.length < length) typed.push(digit);
      paint();
    },
    back() {
      typed.pop();
      paint();
    },
    erase() {
      typed.fill(0);
      typed.length = 0;
      paint();
    },
    /** The numbers, one string per group. */
    numbers() {
      let start = 0;
      return lengths.map((one) => typed.slice(start, (start += one)).join(""));
    },
  };
}
