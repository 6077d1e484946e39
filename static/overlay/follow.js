// Follows one pull request: reads its model anew as often as news are to be expected, and not while nobody looks.

const SOON = 5_000; // milliseconds between two looks while something goes on
const LATER = 60_000; // and while nothing does
const OPEN = new Set(["pending", "running"]);

/** Whether news are to be expected any moment. */
export function busy(model) {
  const waits = model.checks.some((check) => check.state === "wait");
  return waits || Boolean(model.judging) || model.commands.some((command) => OPEN.has(command.state));
}

/** Follows whatever `start` names, asks by `ask` and tells `view`; `now()` looks at once, `stop()` ends it. */
export function follow(ask, view) {
  let pull = null;
  let tag = "";
  let next = SOON;
  let timer = 0;
  let turn = 0; // answers to what was asked before are old

  async function look() {
    clearTimeout(timer);
    if (!pull || document.hidden) return;
    const mine = ++turn;
    const answer = await ask({ kind: "model", ...pull, tag }).catch(() => null);
    if (mine !== turn) return;
    take(answer ?? { status: 0 });
    clearTimeout(timer);
    timer = setTimeout(look, next);
  }

  function take({ status, tag: fresh, body }) {
    next = LATER;
    if (status === 200 && body) {
      tag = fresh;
      next = busy(body) ? SOON : LATER;
      view.show(body);
    } else if (status === 304) {
      next = view.same() && busy(view.same()) ? SOON : LATER;
    } else {
      tag = "";
      if (status === 401) view.signedOut();
      else if (status === 404) view.unknown();
      else view.lost(status);
    }
  }

  document.addEventListener("visibilitychange", look);
  return {
    start(named) {
      pull = named;
      tag = "";
      view.loading(named);
      look();
    },
    stop() {
      pull = null;
      turn += 1;
      clearTimeout(timer);
    },
    now() {
      tag = "";
      look();
    },
  };
}
