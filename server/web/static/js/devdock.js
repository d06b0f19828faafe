/** The hardware desk: each form or button with data-dock calls the JSON API; nothing here knows a card or a printer. */

const message = document.querySelector("[data-dock-message]");

async function call(method, url, body) {
  message.textContent = "";
  let done = false;
  let said = "";
  try {
    const answer = await fetch(url, { method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
    done = answer.ok;
    if (!done) said = (await answer.json()).title?.[document.documentElement.lang] ?? "";
  } catch {
    done = false;
  }
  message.textContent = done ? message.dataset.done : said || message.dataset.failed;
}

/** What is filled in; `fault.effect` becomes the field `effect` of the object `fault`. */
function content(form) {
  const found = {};
  for (const [name, value] of new FormData(form)) {
    if (value === "") continue;
    const [field, inner] = name.split(".");
    const given = form.elements[name].dataset.number === undefined ? value : Number(value);
    if (inner === undefined) found[field] = given;
    else found[field] = { ...found[field], [inner]: given };
  }
  return found;
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-dock]");
  if (!form) return;
  event.preventDefault();
  void call("PUT", form.dataset.dock, content(form));
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dock-delete]");
  if (button) void call("DELETE", button.dataset.dockDelete);
});

// What has not changed is not drawn again, so that focus and scroll stay.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  const fresh = fragment.querySelector?.(`#${CSS.escape(target.id)}`) ?? fragment.firstElementChild;
  if (fresh && fresh.innerHTML.trim() === target.innerHTML.trim()) event.detail.shouldSwap = false;
});
