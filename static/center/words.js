// Words as nodes: whatever they hold stays text.

const $ = globalThis.jQuery;

// What the server says, in which `code` may stand.
export function spoken(text) {
  return String(text)
    .split("`")
    .map((part, at) => (at % 2 ? $("<code>").text(part)[0] : document.createTextNode(part)));
}

// With its full stop, where it has none of its own.
export function sentence(text) {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

export function short(sha) {
  return sha.slice(0, 7);
}
