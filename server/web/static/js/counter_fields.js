/**
 * Fields of the workspace that help while one types: the list of towns narrows down, the school district is shown, a day
 * is read as people write it, and わからない stands alone in an answer.
 */

const HIRAGANA = /[\u3041-\u3096]/g;

const ERAS = { R: 2018, 令和: 2018, H: 1988, 平成: 1988, S: 1925, 昭和: 1925, T: 1911, 大正: 1911, M: 1867, 明治: 1867 };

/** Wires every field of these kinds that is not wired yet. */
export function startFields() {
  for (const input of document.querySelectorAll("[data-filter]:not([data-wired])")) wireFilter(input);
  for (const select of document.querySelectorAll("[data-schools]:not([data-wired])")) wireSchools(select);
  for (const input of document.querySelectorAll("[data-date]:not([data-wired])")) wireDate(input);
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
    // Enter in the empty field looks at the list; it does not choose what stands first there.
    if (select.selectedIndex === -1 && (input.value || event.key === "ArrowDown")) select.selectedIndex = 0;
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

/**
 * A day as people write it: R8.11.20, 令和8年11月20日, 2026-11-20, 20261120, or 11.20 for the last one that was; where the
 * day may lie `ahead`, for the nearest one. Returns YYYY-MM-DD, or null for what is no day. `today` is YYYY-MM-DD.
 */
export function readDay(text, today, ahead = false) {
  const plain = text.normalize("NFKC").trim().toUpperCase().replace(/元/, "1");
  const era = /^(R|H|S|T|M|令和|平成|昭和|大正|明治)\s*(\d{1,2})\D+(\d{1,2})\D+(\d{1,2})\D*$/.exec(plain);
  if (era) return day(ERAS[era[1]] + Number(era[2]), era[3], era[4]);
  const full = /^(\d{4})\D+(\d{1,2})\D+(\d{1,2})\D*$/.exec(plain) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(plain);
  if (full) return day(Number(full[1]), full[2], full[3]);
  const short = /^(\d{1,2})\D+(\d{1,2})\D*$/.exec(plain);
  if (!short) return null;
  const year = Number(today.slice(0, 4));
  const days = [year - 1, year, year + 1].map((one) => day(one, short[1], short[2])).filter((one) => one && (ahead || one <= today));
  const far = (iso) => Math.abs(Date.parse(iso) - Date.parse(today));
  return days.sort((one, other) => far(one) - far(other))[0] ?? null;
}

function day(year, month, date) {
  const iso = `${year}-${String(month).padStart(2, "0")}-${String(date).padStart(2, "0")}`;
  const read = new Date(`${iso}T00:00:00Z`);
  return Number.isNaN(read.getTime()) || read.toISOString().slice(0, 10) !== iso ? null : iso;
}

function wireDate(input) {
  input.dataset.wired = "";
  const hidden = document.getElementById(input.dataset.date);
  const place = input.parentElement.querySelector("output");
  const locale = document.documentElement.lang === "en" ? "en-GB" : "ja-JP-u-ca-japanese";
  const format = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeZone: "UTC" });
  const read = () => {
    const iso = readDay(input.value, input.dataset.today, "ahead" in input.dataset);
    hidden.value = iso ?? "";
    input.setCustomValidity(iso || !input.value ? "" : input.dataset.unreadable);
    place.textContent = iso ? format.format(new Date(`${iso}T00:00:00Z`)) : "";
  };
  input.addEventListener("input", read);
  read();
}
