// What is seen: a tab at the edge of the page, and the panel that it opens. All of it lives in a closed shadow root
// with a style of its own, so neither the page nor we reach into the other.
import { actions } from "../center/actions.js";
import { counts, evidence, summary } from "../center/summary.js";
import { pairing } from "./pairing.js";
import { messageFor } from "./asking.js";

const FOCUSED = "a, button, summary"; // what can have the focus

/** Draws tab and panel, `open` or not: `{host, on, loading, show, same, signedOut, unknown, lost}`. */
export function panel(shell, open) {
  const host = document.createElement("maestro-decision-center");
  const root = host.attachShadow({ mode: "closed" });
  dress(root);
  const parts = frame();
  root.append(parts.$aside[0]);
  const view = new View(shell, parts);
  const fold = folding(host, root, parts, shell.remember);
  fold(open);
  return Object.assign(view, { host });
}

/** Gives the style of ours, where nobody needs to allow it and no page hears of it. */
function dress(root) {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(MAESTRO.style);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement("style"); // Firefox keeps content scripts from adopting sheets
    style.textContent = MAESTRO.style;
    root.append(style);
  }
}

function frame() {
  const $tab = jQuery("<button>").attr({ type: "button", class: "tab", "aria-controls": "panel" });
  const $close = jQuery("<button>").attr({ type: "button", class: "close" }).text("Collapse");
  const $where = jQuery("<p>").addClass("where");
  const $status = jQuery("<p>").attr({ role: "status", class: "status" });
  const [$content, $acts, $evidence] = [jQuery("<div>"), jQuery("<div>"), jQuery("<div>")];
  const $foot = jQuery("<footer>");
  const $panel = jQuery("<div>")
    .attr({ id: "panel", class: "panel", tabindex: -1 })
    .append(jQuery("<header>").append(jQuery("<h2>").text("Decision Center"), $close), $where, $status)
    .append($content, $acts, $evidence, $foot);
  const $aside = jQuery("<aside>").attr("aria-label", "Maestro Decision Center").append($tab, $panel);
  return { $aside, $tab, $panel, $close, $where, $status, $content, $acts, $evidence, $foot };
}

/** Lets the panel be opened and closed, by hand and by key, and keeps out of the way of what the page has in focus. */
function folding(host, root, { $aside, $tab, $panel, $close }, remember) {
  const opened = () => !$panel.prop("hidden");
  function fold(open) {
    $panel.prop("hidden", !open);
    $aside.toggleClass("opened", open);
    $tab.prop("hidden", open).attr("aria-expanded", String(open));
  }
  function choose(open) {
    fold(open);
    (open ? $close : $tab).trigger("focus");
    remember(open);
  }
  $tab.on("click", () => choose(true));
  $close.on("click", () => choose(false));
  $aside.on("keydown keyup keypress", (event) => {
    event.stopPropagation(); // GitHub has shortcuts of one letter, and would not see that it is a field that is typed in
    const asked = event.type === "keydown" && event.key === "Escape" && opened();
    if (asked && !root.querySelector("dialog[open]")) choose(false);
  });
  document.addEventListener("focusin", ({ target }) => {
    if (target === host || !host.isConnected || !covers($aside[0], target)) return;
    if (opened()) fold(false);
    if (covers($aside[0], target)) $aside.toggleClass("up");
  });
  return fold;
}

/** Whether more of theirs is below ours than is not: what is wide, and ends below us, is seen all the same. */
function covers(ours, theirs) {
  const [one, other] = [ours.getBoundingClientRect(), theirs.getBoundingClientRect()];
  const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return width > 0 && height > 0 && 2 * width * height > other.width * other.height;
}

/** What the panel says, by what is known. */
class View {
  #shell;
  #parts;
  #model = null;
  #blanked = ""; // the words that stand alone
  #told = { refresh: () => {} };

  constructor(shell, parts) {
    this.#shell = shell;
    this.#parts = parts;
  }

  on(told) {
    this.#told = told;
  }

  /** The model that is shown, or null. */
  same() {
    return this.#model;
  }

  loading({ owner, repo, number }) {
    this.#blanked = "";
    this.#blank("Loading …", "");
    this.#parts.$where.text(`${owner}/${repo} #${number}`);
  }

  signedOut() {
    if (!this.#blank("Not connected", "")) return; // whoever types a code goes on typing
    pairing(this.#parts.$content, this.#shell.ask, () => {
      this.#parts.$panel.trigger("focus"); // the field that has it will be gone
      this.#told.refresh();
    });
  }

  unknown() {
    const why = "Maestro has judged no such pull request, or you may not see what it found.";
    if (this.#blank("Not judged here", why)) this.#foot();
  }

  /** Nothing new is known; what is shown may be old. */
  lost(status) {
    const why = status ? `Maestro answered with an error (${status}).` : "Maestro cannot be reached.";
    const old = this.#model ? " What you see may be old." : "";
    if (!this.#model) this.#blank("No answer", "");
    this.#parts.$status.attr("class", "status stale").text(`${why}${old} It is tried again by itself.`);
  }

  show(model) {
    const { $tab, $where, $status, $content, $acts, $evidence, $foot } = this.#parts;
    const restored = [held($evidence), held($foot)];
    this.#model = model;
    this.#blanked = "";
    $tab.attr("class", `tab ${model.tone}`).text(`Maestro: ${model.word}`);
    $where.text(`${model.pull.repository} #${model.pull.number} at ${model.pull.head_sha.slice(0, 7)}`);
    $status.attr("class", "status unseen").text(`${model.word}: ${counts(model)}`); // it is seen in what follows
    summary($content, model);
    actions($acts, model, this.#transport());
    evidence($evidence, model);
    this.#foot(model);
    for (const restore of restored) restore();
  }

  /** Shows these words and nothing else; false where that is what is shown. */
  #blank(status, text) {
    if (this.#blanked === status) return false;
    this.#blanked = status;
    const { $tab, $status, $content, $evidence, $foot } = this.#parts;
    this.#model = null;
    $tab.attr("class", "tab calm").text("Maestro");
    $status.attr("class", "status").text(status);
    $content.empty().append(text ? jQuery("<p>").text(text) : []);
    $evidence.empty();
    $foot.empty();
    this.#parts.$acts = other(this.#parts.$acts).on("maestro:stale", () => this.#told.refresh());
    return true;
  }

  #foot(model) {
    const $leave = jQuery("<button>").attr("type", "button").text("Disconnect");
    $leave.on("click", async () => {
      await this.#shell.ask({ kind: "leave" }).catch(() => null);
      this.signedOut();
      this.#parts.$content.find("input").trigger("focus");
    });
    this.#parts.$foot.empty().append(model ? whole(model) : [], model?.viewer ? signed(model.viewer) : [], $leave);
  }

  /** How the Center's scripts reach Maestro from here. */
  #transport() {
    const call = async (method, path, body) => {
      const message = messageFor(method, path, body);
      if (!message) throw new Error(`${path} is not asked from here`);
      const answer = await this.#shell.ask(message);
      if (!answer.status) throw new Error("Maestro cannot be reached");
      return answer;
    };
    return { get: (path) => call("GET", path, null), post: (path, body) => call("POST", path, body) };
  }
}

function whole({ page }) {
  if (!page?.startsWith(`${MAESTRO.root}/`)) return [];
  return jQuery("<a>").attr({ href: page, target: "_blank", rel: "noopener noreferrer" }).text("All of it, on its page");
}

function signed({ login }) {
  return jQuery("<span>").addClass("quiet").text(`Connected as ${login}`);
}

/** An empty element in place of one on which somebody drew, and remembers what. */
function other($old) {
  const $fresh = jQuery("<div>").addClass("acts");
  $old.replaceWith($fresh);
  return $fresh;
}

/** Remembers what is unfolded, and what has the focus; what it gives brings both back after a new drawing. */
function held($drawn) {
  const open = $drawn.find("details").map((_, one) => one.open).get();
  const at = $drawn.find(FOCUSED).index($drawn[0].getRootNode().activeElement);
  return () => {
    $drawn.find("details").each((index, one) => {
      one.open = open[index] ?? false;
    });
    if (at >= 0) $drawn.find(FOCUSED).eq(at).trigger("focus");
  };
}
