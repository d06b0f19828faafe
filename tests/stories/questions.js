// The first question of a reception's page (text), as what can be sent: null when nothing is asked any more.
(text) => {
  const asked = new DOMParser().parseFromString(text, "text/html").querySelector("[data-question]");
  if (!asked) return null;
  const form = asked.querySelector("form");
  const values = (name, from) => [...form.querySelectorAll(`${from}[name="${name}"]`)].map((one) => one.value);
  const named = [...form.querySelectorAll("[name^='answer:']")];
  const rows = [...new Set(named.map((one) => one.name))].map((name) => ({
    name,
    one_of: [
      ...values(name, "button"),
      ...values(name, "input[type=radio]"),
      ...[...form.querySelectorAll(`select[name="${name}"] option`)].map((one) => one.value).filter(Boolean),
    ],
    any_of: values(name, "input[type=checkbox]"),
    typed: values(name, "input[data-day], input[type=number]").length > 0,
  }));
  const kept = [...form.querySelectorAll("input[type=hidden]:not([data-day])")].map((one) => [one.name, one.value]);
  return { fact: asked.dataset.question, url: form.getAttribute("action"), kept, rows };
}
