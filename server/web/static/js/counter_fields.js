/**
 * Fields of the workspace that help while one types: the list of towns narrows down, the school district is shown, and
 * わからない stands alone in an answer.
 */

const HIRAGANA = /[\u3041-\u3096]/g;

/** Wires every [data-filter] of the page that is not wired yet. */
export function startFields() {
  for (const input of document.querySelectorAll("[data-filter]:not([data-wired])")) wireFilter(input);
  for (const select of document.querySelectorAll("[data-schools]:not([data-wired])")) wireSchools(select);
}

document.addEventListener("change", (event) => {
  const row = event.target.closest(".ask-row");
  const unknown = row?.querySelector("input[type=checkbox][value=unknown]");
  if (!unknown) return;
  for (const control of row.querySelectorAll("input")) if (control !== unknown) control.disabled = unknown.checked;
});

/** Width, case and kana folded, so that はな, ハナ and ﾊﾅ find the same towns. */
function folded(text) {
  return text.normalize("NFKC").replace(HIRAGANA, (kana) => String.fromCharCode(kana.charCodeAt(0) + 0x60)).toLowerCase();
}

function wireFilter(input) {
  input.dataset.wired = "";
  const select = document.getElementById(input.dataset.filter);
  const all = [...select.options];
  input.addEventListener("input", () => {
    const wanted = folded(input.value).split(/\s+/).filter(Boolean);
    const fits = all.filter((option) => wanted.every((word) => folded(option.dataset.find).includes(word)));
    const chosen = select.value;
    select.replaceChildren(...fits);
    select.value = fits.some((option) => option.value === chosen) && wanted.length === 0 ? chosen : "";
    // One town left is the town that was typed; of several, a person picks.
    if (fits.length === 1) select.value = fits[0].value;
    select.dispatchEvent(new Event("change"));
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "Enter") return;
    if (event.isComposing || select.options.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    if (select.selectedIndex === -1) select.selectedIndex = 0;
    select.dispatchEvent(new Event("change"));
    const number = select.form.elements.number;
    if (event.key === "Enter" && select.options.length === 1) number.focus();
    else select.focus();
  });
  select.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    select.form.elements.number.focus();
  });
}

function wireSchools(select) {
  select.dataset.wired = "";
  const place = document.getElementById(select.dataset.schools);
  select.addEventListener("change", () => {
    const option = select.selectedOptions[0];
    place.textContent = option ? `${place.dataset.label}${option.dataset.school}` : "";
  });
}
