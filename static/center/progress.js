// Follows one command to its end. It is asked for again and again, less and less often, and at once when there is news.

const FIRST = 300; // milliseconds
const SLOWEST = 5_000;
export const PATIENCE = 120_000; // milliseconds until whoever waits is told that there is no answer yet
const ENDED = new Set(["done", "refused", "failed"]);

export function hasEnded(command) {
  return ENDED.has(command.state);
}

// {end, nudge}: a Promise of the command once it has ended, of null where none came in time; and a way to ask at once.
export function following(path, transport) {
  let wake = () => {};
  const nudge = () => wake();
  return { end: follow(), nudge };

  async function follow() {
    const until = Date.now() + PATIENCE;
    for (let pause = FIRST; Date.now() < until; pause = Math.min(pause * 1.5, SLOWEST)) {
      const command = await asked(path, transport);
      if (command !== null && hasEnded(command)) return command;
      await new Promise((resolve) => {
        wake = resolve;
        setTimeout(resolve, pause);
      });
    }
    return null;
  }
}

// An answer that is none may be followed by one: only patience ends.
async function asked(path, transport) {
  try {
    const { status, body } = await transport.get(path);
    return status === 200 ? body : null;
  } catch {
    return null;
  }
}
