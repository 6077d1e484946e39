// The overlay as a userscript: the manager keeps the token where no page reads, and calls Maestro for us.
import { answer } from "./answering.js";
import { overlay } from "./overlay.js";

const PAIRED = "paired";
const OPEN = "open";
const LIMIT = 20_000; // milliseconds for an answer
const keep = {
  read: async () => JSON.parse(GM_getValue(PAIRED, "null")),
  write: async (paired) => GM_setValue(PAIRED, JSON.stringify(paired)),
  clear: async () => GM_setValue(PAIRED, "null"),
};

function send({ method, path, body, headers }) {
  return new Promise((done, failed) => {
    GM_xmlhttpRequest({
      method,
      headers,
      url: MAESTRO.root + path,
      data: body || undefined,
      anonymous: true, // who is signed in on Maestro's own pages is another matter
      redirect: "error",
      timeout: LIMIT,
      onload: (response) => done({ status: response.status, tag: tagOf(response), body: parsed(response.responseText) }),
      onerror: failed,
      ontimeout: failed,
    });
  });
}

function tagOf(response) {
  return /^etag:\s*(.+?)\s*$/im.exec(response.responseHeaders ?? "")?.[1] ?? "";
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

if (window.top === window.self) {
  overlay({
    ask: (message) => answer(message, keep, send, "userscript").catch(() => ({ status: 0, tag: "", body: null })),
    recall: async () => GM_getValue(OPEN, false) === true,
    remember: async (open) => GM_setValue(OPEN, open),
    alive: () => true,
  });
}
