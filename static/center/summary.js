// Draws what was decided about a pull request, of the JSON that `GET /api/pr/...` gives. Whatever it says is set as
// text: titles, reasons, names and findings are anybody's.

const FACTS = { arm: "Arm", eval: "Evaluation", cost: "Cost", rationale: "Rationale" };
const STANDING = {
  merged: "It is merged: what had been decided of it stays as it was.",
  closed: "It is closed: what was decided of it last stays as it was.",
};
const SHOWN = 5; // findings of a check; the page shows them all

/** Draws what was decided, and why, into `$root`, in place of what was there. */
export function summary($root, model) {
  $root.empty().append(newer(model), verdict(model), facts(model));
}

/** Draws the checks with what they measured and found into `$root`, in place of what was there. */
export function evidence($root, model) {
  $root.empty().append(checks(model.checks), list("notes", model.notes));
}

/** The headline without the word that it begins with. */
export function counts({ word, headline }) {
  return headline.startsWith(`${word} · `) ? headline.slice(word.length + 3) : headline;
}

/** An element with its class and its text; nothing at all where there is no text. */
function say(tag, name, text) {
  return text ? jQuery(`<${tag}>`).addClass(name).text(text) : jQuery();
}

function newer({ judging, pull }) {
  const text = judging && `${judging.slice(0, 7)} is being judged: what you see is of ${pull.head_sha.slice(0, 7)} before it.`;
  return say("p", "stale", text);
}

function verdict(model) {
  return jQuery("<section>")
    .addClass(`verdict ${model.tone}`)
    .append(
      say("p", "word", model.word),
      say("p", "standing", STANDING[model.pull.state]),
      say("p", "subject", subject(model.pull)),
      say("p", "headline", counts(model)),
      labelled("why", "Why: ", model.why),
      model.pull.state in STANDING ? jQuery() : labelled("next", "Next: ", model.next), // nobody merges it any more
      labelled("repairing", "Repair: ", model.repairing),
      labelled("figures", "Figures: ", model.spending),
      decided(model),
    );
}

function subject({ title, author }) {
  return author ? `${title}, by ${author}` : title;
}

function labelled(name, label, text) {
  return text ? jQuery("<p>").addClass(name).append(jQuery("<b>").text(label), document.createTextNode(text)) : jQuery();
}

function decided({ decided: at, pull }) {
  const $line = jQuery("<p>").addClass("quiet").text(`Decided on ${pull.head_sha.slice(0, 7)}, `);
  return at ? $line.append(time(at)) : jQuery();
}

function time(seconds) {
  const at = new Date(seconds * 1000);
  const text = `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return jQuery("<time>").attr("datetime", at.toISOString()).text(text);
}

function facts({ short, why }) {
  const $list = jQuery("<dl>").addClass("facts");
  for (const [name, label] of Object.entries(FACTS)) {
    if (short[name] && short[name] !== why) $list.append(jQuery("<dt>").text(label), jQuery("<dd>").text(short[name]));
  }
  return $list.children().length ? $list : jQuery();
}

function checks(rows) {
  if (!rows.length) return say("p", "quiet", "No check is configured.");
  return jQuery("<ul>").addClass("checks").append(rows.map(check));
}

function check(row) {
  const $head = jQuery("<p>").append(
    jQuery("<span>").addClass("mark").attr("aria-hidden", "true").text(row.mark),
    jQuery("<b>").text(row.name),
    document.createTextNode(`: ${row.word}`),
    row.mode === "warn" ? say("span", "quiet", " (only warns)") : jQuery(),
  );
  return jQuery("<li>")
    .addClass(`state-${row.state}`)
    .append($head, say("p", "title", row.title), overridden(row.overridden), measures(row.measures))
    .append(findings(row), say("p", "quiet", row.next), link(row.page, `More of ${row.name}`));
}

function overridden(by) {
  if (!by) return jQuery();
  const $mark = jQuery("<p>").addClass("overridden").text(`Overridden by ${by.who}: ${by.reason}`);
  return by.at ? $mark.append(" (", time(by.at), ")") : $mark;
}

function measures(all) {
  return list("measures", all.map(measured));
}

function measured({ name, value, limit, interval, n }) {
  const beside = [limit && `limit ${limit}`, interval, n && `n = ${n.toLocaleString("en")}`].filter(Boolean).join(", ");
  return `${name}: ${value ?? "not measured"}${beside ? ` (${beside})` : ""}`;
}

function findings({ findings: all, findings_total: total = all.length }) {
  if (!all.length) return jQuery();
  const $list = jQuery("<ul>").append(all.slice(0, SHOWN).map(finding));
  if (total > SHOWN) $list.append(jQuery("<li>").text(`and ${(total - SHOWN).toLocaleString("en")} more`));
  const $summary = jQuery("<summary>").text(total === 1 ? "1 finding" : `${total.toLocaleString("en")} findings`);
  return jQuery("<details>").append($summary, $list);
}

function finding({ message, trail, fix }) {
  const $one = jQuery("<li>").text(message);
  return $one.append(say("div", "quiet", trail.join(" › ")), say("div", "quiet", fix && `Fix: ${fix}`));
}

function list(name, texts) {
  const items = texts.map((text) => jQuery("<li>").text(text));
  return items.length ? jQuery("<ul>").addClass(name).append(items) : jQuery();
}

/** A way to another page, where the address is one of the web and no script. */
function link(address, text) {
  if (!/^https?:\/\//.test(address ?? "")) return jQuery();
  return jQuery("<a>").attr({ href: address, target: "_blank", rel: "noopener noreferrer" }).text(text);
}
