// All that may be asked of Maestro: a kind of message each, with the one path it stands for. Whoever asks names a kind
// and what goes with it, never an address; what does not fit is asked of nobody.

const OWNER = /^[A-Za-z0-9][A-Za-z0-9-]{0,38}$/;
const REPO = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;
const WORD = /^[A-Za-z0-9_-]{1,64}$/;
const TAG = /^(?:W\/)?"[\x21\x23-\x7e]{0,200}"$/;
const BODY = 8_192; // characters of what is sent along

const POSTS = {
  "/api/commands": "command",
  "/api/decision/alt": "alt",
  "/api/decision/tests": "tests",
  "/api/release/rollback": "rollback",
};
const FOLLOWED = "/api/commands/";
const PATHS = Object.fromEntries(Object.entries(POSTS).map(([path, kind]) => [kind, path]));

/** The message for a call as the Center's own scripts make it, or null where they may not. */
export function messageFor(method, path, body) {
  if (method === "POST" && Object.hasOwn(POSTS, path)) return { kind: POSTS[path], body };
  if (method === "GET" && path.startsWith(FOLLOWED)) return { kind: "followed", id: path.slice(FOLLOWED.length) };
  return null;
}

/** The request that a message stands for: `{method, path, body, tag}`; null where it is none that may be asked. */
export function requestOf(message) {
  if (message.kind === "model") return modelOf(message);
  if (message.kind === "followed") return WORD.test(message.id) ? get(FOLLOWED + message.id) : null;
  if (Object.hasOwn(PATHS, message.kind)) return post(PATHS[message.kind], message.body);
  return null;
}

function modelOf({ owner, repo, number, tag }) {
  const named = OWNER.test(owner) && REPO.test(repo) && Number.isSafeInteger(number) && number > 0;
  return named ? get(`/api/pr/${owner}/${repo}/${number}`, TAG.test(tag) ? tag : "") : null;
}

function get(path, tag = "") {
  return { method: "GET", path, body: null, tag };
}

function post(path, given) {
  const body = given !== null && typeof given === "object" ? JSON.stringify(given) : "";
  return body && body.length <= BODY ? { method: "POST", path, body, tag: "" } : null;
}
