/**
 * The text of the rules: the numbers of its lines beside it, and from a fault to its line.
 *
 * An editor is a textarea in [data-editor] with its [data-gutter]; a button with [data-line] puts the cursor there.
 */

const editor = document.querySelector("[data-editor] textarea");
const gutter = document.querySelector("[data-gutter]");
const faulty = new Set([...document.querySelectorAll("[data-line]")].map((button) => Number(button.dataset.line)));

function number() {
  const count = editor.value.split("\n").length;
  gutter.textContent = "";
  for (let line = 1; line <= count; line += 1) {
    const place = document.createElement("span");
    place.textContent = `${line}\n`;
    if (faulty.has(line)) place.className = "fault";
    gutter.append(place);
  }
  follow();
}

function follow() {
  gutter.scrollTop = editor.scrollTop;
}

function goTo(line) {
  const lines = editor.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  editor.focus();
  editor.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  editor.scrollTop = Math.max(0, (editor.scrollHeight * (line - 6)) / lines.length);
}

if (editor && gutter) {
  number();
  editor.addEventListener("input", number);
  editor.addEventListener("scroll", follow);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-line]");
    if (button) goTo(Number(button.dataset.line));
  });
}
