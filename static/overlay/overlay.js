// The Decision Center on a pull request's page of GitHub: mounted where there is one, followed while it is looked at.
import { follow } from "./follow.js";
import { mounting } from "./mount.js";
import { panel } from "./panel.js";
import { pullAt, same } from "./where.js";

/**
 * Lives on this page. `shell`: `ask(message)` promises `{status, tag, body}`; `recall()` and `remember(open)` keep
 * whether the panel is open; `alive()` tells whether anybody still answers.
 */
export async function overlay(shell) {
  if (location.origin !== MAESTRO.github) return;
  const drawn = panel(shell, await shell.recall());
  const followed = follow(shell.ask, drawn);
  drawn.on({ refresh: followed.now });
  let at = null;
  mounting(drawn.host, () => {
    if (!shell.alive()) {
      followed.stop();
      return null;
    }
    const pull = pullAt(location.pathname);
    if (!same(pull, at)) {
      at = pull;
      if (pull) followed.start(pull);
      else followed.stop();
    }
    return pull;
  });
}
