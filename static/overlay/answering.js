// Answers what the overlay asks, for both shells. Only this side holds the token: it goes to Maestro with each request,
// and never back to whoever asked.
import { requestOf } from "./asking.js";

const CODE = 64; // characters that a pairing code has at most
const NOBODYS = `/api/commands/${"0".repeat(32)}`; // the address of a command that there is not
const UNKNOWN = { status: 401, tag: "", body: null };
const REFUSED = { status: 400, tag: "", body: { error: "that cannot be asked" } };

/**
 * Answers one message: `{status, tag, body}`. `keep`: `{read, write, clear}` of what is kept, each a promise;
 * `send`: does a request, `{method, path, body, headers}`, of Maestro; `name`: under which a pairing is listed.
 * Rejects only where Maestro cannot be reached.
 */
export async function answer(message, keep, send, name) {
  if (message === null || typeof message !== "object") return REFUSED;
  if (message.kind === "pair") return pair(message.code, keep, send, name);
  if (message.kind === "leave") return leave(keep, send);
  const request = requestOf(message);
  return request ? asked(request, keep, send) : REFUSED;
}

async function pair(code, keep, send, name) {
  if (typeof code !== "string" || !code.trim() || code.length > CODE) return REFUSED;
  const body = JSON.stringify({ code: code.trim(), name });
  const { status, body: given } = await send(filled({ method: "POST", path: "/api/pair", body }, {}));
  if (status >= 300) return { status, tag: "", body: given };
  if (typeof given?.token !== "string") return { status: 502, tag: "", body: null };
  await keep.write({ token: given.token, login: String(given.login) });
  return { status: 200, tag: "", body: { login: String(given.login) } };
}

async function leave(keep, send) {
  const held = await keep.read();
  await keep.clear();
  if (!held) return { status: 204, tag: "", body: null };
  return send(filled({ method: "POST", path: "/logout", body: "{}" }, bearer(held)));
}

async function asked(request, keep, send) {
  const held = await keep.read();
  if (!held) return UNKNOWN;
  const headers = bearer(held);
  if (request.tag) headers["If-None-Match"] = request.tag;
  const given = await send(filled(request, headers));
  if (given.status !== 401 && (given.status !== 404 || (await knows(held, send)))) return given;
  if ((await keep.read())?.token === held.token) await keep.clear();
  return UNKNOWN;
}

/** Whether the token is good still. A page that may not be seen is a 404 to everybody; only of commands we are told. */
async function knows(held, send) {
  const { status } = await send(filled({ method: "GET", path: NOBODYS, body: null }, bearer(held)));
  return status !== 401;
}

function bearer(held) {
  return { Authorization: `Bearer ${held.token}` };
}

function filled({ method, path, body }, headers) {
  if (body) headers["Content-Type"] = "application/json";
  return { method, path, body, headers: { Accept: "application/json", ...headers } };
}
