// Keeps an open page up to date. The server tells by an event that there is news; the page is then read anew and what
// is in each part marked `data-live` takes the place of what was there, where it differs. The browser parses it as a
// document in which no script runs, so nothing here ever writes text as markup.
"use strict";

const page = document.getElementById("page");
const note = document.getElementById("live");
const RETRY = 30_000; // milliseconds until a stream that was refused is asked for again
let source = null;
let timer = 0;
let ended = false;
let reading = false;
let again = false;

function say(text) {
  if (note.textContent !== text) note.textContent = text;
}

function put(fresh) {
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const old = document.getElementById(part.id);
    if (!old || old.isEqualNode(part)) continue;
    const held = old.contains(document.activeElement);
    old.className = part.className;
    old.replaceChildren(...document.importNode(part, true).childNodes);
    if (held) old.querySelector("summary")?.focus({ preventScroll: true });
  }
  document.title = fresh.title;
  document.dispatchEvent(new Event("maestro:news")); // scripts that draw parts of their own follow
}

function read() {
  again = reading;
  if (reading) return;
  reading = true;
  const request = new XMLHttpRequest();
  request.open("GET", location.pathname);
  request.responseType = "document";
  request.onload = () => {
    if (request.status === 200 && request.response) put(request.response);
    else say("This page can no longer be read: open it again from GitHub.");
  };
  request.onerror = () => say("The connection is lost; what you see may be old.");
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
  source.onopen = () => say("Live: the page follows by itself.");
  source.addEventListener("news", read);
  source.addEventListener("end", () => {
    ended = true;
    source.close();
    read();
    say("It has ended; there will be no more news.");
  });
  source.onerror = () => {
    say("The connection is lost; what you see may be old.");
    if (source.readyState === EventSource.CLOSED) timer = setTimeout(listen, RETRY);
  };
}

addEventListener("online", () => ended || listen()); // or the last of what happened meanwhile would be late
listen();
