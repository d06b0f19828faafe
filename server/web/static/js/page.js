/** Small things that several modules share. Importing it does nothing. */

/** A random UUID (version 4), also where the page is not a secure context. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The words of `<template id="words-…">`, or "" where the page has none. */
export function words(name) {
  return document.getElementById(`words-${name}`)?.content.textContent.trim() ?? "";
}

/** Shows the words of template `name` as an error notice at the foot of the page; "" clears it. */
export function pageMessage(name) {
  pageSays(name ? words(name) : "");
}

/** The same with a sentence that the page was told. */
export function pageSays(text) {
  const place = document.getElementById("page-message");
  if (!place) return;
  place.textContent = "";
  if (!text) return;
  const box = document.createElement("div");
  box.className = "notice notice-error";
  box.dataset.noAnswer = "";
  const body = document.createElement("div");
  body.className = "notice-body";
  body.textContent = text;
  box.append(body);
  place.append(box);
}
