/** The station's own page: puts what stands in the way now in place of what stood there, as soon as it changes. */
const list = document.querySelector("ul");
const well = list.dataset;

function line({ ja, en }) {
  const item = document.createElement("li");
  const [japanese, english, strong] = ["p", "p", "strong"].map((name) => document.createElement(name));
  strong.textContent = ja;
  japanese.append(strong);
  english.lang = "en";
  english.textContent = en;
  item.append(japanese, english);
  return item;
}

new EventSource("/station/events").addEventListener("state", (event) => {
  const { notices } = JSON.parse(event.data);
  const found = notices.length > 0 ? notices : [{ ja: well.ja, en: well.en }];
  list.replaceChildren(...found.map(line));
});
