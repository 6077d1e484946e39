// Keeps one element on the page where it belongs, and takes it away where it does not, whatever GitHub does to the
// page in between: Turbo puts another body in place, React changes the address alone.

const TOLD = ["turbo:render", "turbo:load", "soft-nav:react-done", "soft-nav:end"];
const OFTEN = 1_000; // milliseconds between looks at the address, for the navigation that nobody tells of

/** Keeps `host` on the body as long as `wanted()` finds that it belongs there. */
export function mounting(host, wanted) {
  host.dataset.of = crypto.randomUUID();
  function look() {
    if (!wanted()) host.remove();
    else if (alone(host) && !(host.parentNode === document.body)) document.body?.append(host);
  }
  for (const told of TOLD) document.addEventListener(told, look);
  document.addEventListener("turbo:before-cache", () => host.remove()); // or Turbo would show a dead copy of it
  addEventListener("popstate", look);
  setInterval(look, OFTEN);
  look();
}

/** Whether no other overlay is on the page; a copy of our own, which nobody made alive, is none. */
function alone(host) {
  const others = [...document.querySelectorAll(host.localName)].filter((other) => other !== host);
  const [copies, foreign] = [[], []];
  for (const other of others) (other.dataset.of === host.dataset.of ? copies : foreign).push(other);
  for (const copy of copies) copy.remove();
  if (foreign.length) host.remove();
  return !foreign.length;
}
