// Keys for the list: j and k move between the pull requests, Enter opens the one that has the focus, as links do
// anyway, / goes to the field that finds. Whoever speaks to their browser, or types by accident, can switch them off,
// and the browser remembers. Everything else on the page is plain links and a form.
"use strict";

const KEPT = "maestro-keys";
const links = [...document.querySelectorAll(".pulls a")];
const find = document.getElementById("find");
const keys = document.getElementById("keys");
const wanted = keys.querySelector("input");

function move(by) {
  const at = links.indexOf(document.activeElement);
  const first = by > 0 ? 0 : links.length - 1;
  links[at < 0 ? first : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}

const moves = { j: () => move(1), k: () => move(-1), "/": () => find.focus() };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !wanted.checked) return;
  if (event.target.closest("select, textarea, input:not([type=checkbox])")) {
    if (event.key === "Escape") event.target.blur();
  } else if (Object.hasOwn(moves, event.key)) {
    moves[event.key]();
    event.preventDefault();
  }
});

keys.hidden = false;
try {
  wanted.checked = localStorage.getItem(KEPT) !== "off";
  wanted.addEventListener("change", () => localStorage.setItem(KEPT, wanted.checked ? "on" : "off"));
} catch {
  // Where nothing can be remembered, the keys work until they are switched off.
}
