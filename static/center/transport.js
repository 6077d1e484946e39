// How the page speaks with its server. The overlay has another one of the same form: {get(path), post(path, body)}, each
// a Promise of {status, body}, the body parsed or null; it is rejected only where no answer came.

const PATIENCE = 20_000; // milliseconds until an answer is no longer waited for

export function pageTransport(csrf) {
  return {
    get: (path) => call(path, {}),
    post: (path, body) =>
      call(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF": csrf ?? "" },
        body: JSON.stringify(body),
      }),
  };
}

async function call(path, asked) {
  const always = { credentials: "same-origin", cache: "no-cache", redirect: "error", signal: AbortSignal.timeout(PATIENCE) };
  const answer = await fetch(path, { ...always, ...asked });
  return { status: answer.status, body: parsed(await answer.text()) };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
