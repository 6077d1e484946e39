// Which pull request the address of this page is of. Nothing on GitHub's page itself is asked: its markup changes.

const PULL = /^\/([A-Za-z0-9][A-Za-z0-9-]{0,38})\/([A-Za-z0-9._-]{1,100})\/pull\/([1-9][0-9]{0,9})(?:\/|$)/;

/** The pull request that `path` is of, or null. */
export function pullAt(path) {
  const found = PULL.exec(path);
  return found && { owner: found[1], repo: found[2], number: Number(found[3]) };
}

/** Whether both are the same pull request, or both none. */
export function same(one, other) {
  return named(one) === named(other);
}

function named(pull) {
  return pull ? `${pull.owner}/${pull.repo}#${pull.number}`.toLowerCase() : "";
}
