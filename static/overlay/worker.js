// The extension's own side, out of reach of any page: it holds the token, in memory of the browser only, and is the
// only one to call Maestro.
import { answer } from "./answering.js";

const KEPT = "paired";
const keep = {
  read: async () => (await chrome.storage.session.get(KEPT))[KEPT] ?? null,
  write: (paired) => chrome.storage.session.set({ [KEPT]: paired }),
  clear: () => chrome.storage.session.remove(KEPT),
};
const LIMIT = 20_000; // milliseconds for an answer

async function send({ method, path, body, headers }) {
  const response = await fetch(MAESTRO.root + path, {
    method,
    headers,
    body: body || undefined,
    cache: "no-store",
    credentials: "omit", // who is signed in on Maestro's own pages is another matter
    redirect: "error",
    referrerPolicy: "no-referrer",
    signal: AbortSignal.timeout(LIMIT),
  });
  const given = await response.json().catch(() => null);
  return { status: response.status, tag: response.headers.get("ETag") ?? "", body: given };
}

function ours(sender) {
  return sender.id === chrome.runtime.id && sender.frameId === 0 && new URL(sender.url).origin === MAESTRO.github;
}

chrome.runtime.onMessage.addListener((message, sender, reply) => {
  if (!ours(sender)) return false;
  answer(message, keep, send, "browser extension").then(reply, () => reply({ status: 0, tag: "", body: null }));
  return true; // the reply comes later
});
