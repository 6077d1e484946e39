// Keeps an open page up to date. The server tells by an event that there is news; the page is then read anew and what
// is in each part marked `data-live` takes the place of what was there, where it differs. The browser parses it as a
// document in which no script runs, so nothing here ever writes text as markup.
"use strict";

const page = document.getElementById("page");
const note = document.getElementById("live");
const RETRY = 30_000; // milliseconds until a stream that was refused is asked for again
const PAUSES = [1_000, 3_000, 10_000, 30_000, 60_000]; // milliseconds until a page that was not read is read again
const LIVE = "Live: the page follows by itself.";
const OLD = "The connection is lost; what you see may be old.";
const LATE = "What you see may be old: it could not be read anew yet.";
const ENDED = "It has ended; there will be no more news.";
const GONE = "This page can no longer be read: open it again from GitHub.";
let source = null;
let timer = 0;
let ended = false;
let reading = false;
let again = false;
let retry = 0;
let misses = 0; // readings since the last that brought the page
let missing = false; // whether the last one said that there is no such page for us

function say(text) {
  if (note.textContent !== text) note.textContent = text;
}

// What somebody unfolded, or folded, stays so.
function folded(old, part) {
  const were = old.querySelectorAll("details");
  part.querySelectorAll("details").forEach((one, at) => {
    if (were[at]) one.open = were[at].open;
  });
}

function put(fresh) {
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const old = document.getElementById(part.id);
    if (!old) continue;
    folded(old, part);
    if (old.isEqualNode(part)) continue;
    const held = old.contains(document.activeElement);
    old.className = part.className;
    old.replaceChildren(...document.importNode(part, true).childNodes);
    if (held) old.querySelector("summary")?.focus({ preventScroll: true });
  }
  document.title = fresh.title;
  document.dispatchEvent(new Event("maestro:news")); // scripts that draw parts of their own follow
}

// What the line says while all that is known of is shown.
function calm() {
  if (ended) say(ENDED);
  else if (source?.readyState === EventSource.OPEN) say(LIVE);
}

// One answer that is none freezes nothing: it is asked for again, a little later each time. A page that is not there for
// us, twice in a row, is not asked for until there is news.
function missed(status) {
  const refused = status === 401 || status === 404;
  if (refused && missing) return say(GONE);
  missing = refused;
  say(status === 0 ? OLD : LATE);
  const pause = PAUSES[Math.min(misses, PAUSES.length - 1)];
  misses += 1;
  clearTimeout(retry);
  retry = setTimeout(read, pause * (0.75 + Math.random() / 2)); // not all that are open in the same moment
}

function caught(fresh) {
  clearTimeout(retry);
  const behind = misses > 0;
  misses = 0;
  missing = false;
  put(fresh);
  if (behind) calm();
}

function read() {
  again = reading;
  if (reading) return;
  reading = true;
  const request = new XMLHttpRequest();
  request.open("GET", location.pathname);
  request.responseType = "document";
  request.onload = () => (request.status === 200 && request.response ? caught(request.response) : missed(request.status));
  request.onerror = () => missed(0);
  request.onloadend = () => {
    reading = false;
    if (again) read();
  };
  request.send();
}

function listen() {
  clearTimeout(timer);
  source?.close();
  source = new EventSource(page.dataset.stream);
  source.onopen = () => misses || calm();
  source.addEventListener("news", read);
  source.addEventListener("end", () => {
    ended = true;
    source.close();
    read();
    calm();
  });
  source.onerror = () => {
    say(OLD);
    if (source.readyState === EventSource.CLOSED) timer = setTimeout(listen, RETRY);
  };
}

addEventListener("online", () => ended || listen()); // or the last of what happened meanwhile would be late
listen();
