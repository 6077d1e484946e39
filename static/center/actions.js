// What a person may ask for, as buttons. Each is confirmed, sent once, and followed to its end; whatever goes wrong is
// said, and the button can be used again. `$root` hears "maestro:stale" where its model should be read anew.

import { confirmed } from "./confirm.js";
import { PATIENCE, following, hasEnded } from "./progress.js";
import { sentence, short, spoken } from "./words.js";

const $ = globalThis.jQuery;
const desks = new WeakMap();

// Draws the offers of `model`; again and again, whenever there is a newer one.
export function actions($root, model, transport) {
  const desk = desks.get($root[0]) ?? laid($root);
  desk.model = model;
  desk.transport = transport;
  desk.followed.forEach((one) => one.nudge());
  draw(desk);
  resume(desk);
}

// What they asked for in another tab, or before they came back to this one, is followed here too.
function resume(desk) {
  const { commands, viewer, actions: offers } = desk.model;
  for (const one of (commands ?? []).filter((one) => !hasEnded(one) && one.who === viewer?.login && recent(one))) {
    const offer = offers.find((offer) => nameOf(offer) === nameOf(one)) ?? { ...one, label: one.verb };
    const path = `/api/commands/${one.id}`;
    if (!desk.abandoned.has(path)) follow(desk, offer, path);
  }
}

// The places for words are there before the words: only then do they reach whoever listens instead of looking.
function laid($root) {
  const desk = { $root, $offers: $("<div>", { class: "offers" }) };
  desk.$status = $("<p>", { class: "progress", role: "status" });
  desk.$trouble = $("<p>", { class: "trouble", role: "alert" });
  desk.sending = new Map(); // name of an offer → what is said while it is under way
  desk.keys = new Map(); // of what was sent and not answered: sent again, it is known again
  desk.followed = new Map(); // path of a command → what follows it
  desk.abandoned = new Set(); // those that had no answer in time, until they are asked for again
  desk.stale = ""; // a head that is none any more
  desks.set($root[0], desk);
  $root.empty().append(desk.$offers, desk.$status, desk.$trouble);
  return desk;
}

function draw(desk) {
  const held = desk.$offers.find(":focus").attr("data-offer");
  const { model } = desk;
  desk.$offers.empty();
  if (!model.viewer) desk.$offers.append(signIn(model));
  else if (!model.actions.length) desk.$offers.append($("<p>").text("There is nothing to ask for now."));
  else desk.$offers.append($("<ul>").append(model.actions.map((offer, at) => drawn(desk, offer, at))));
  if (held) focus(desk, held);
}

function signIn(model) {
  const here = new URL(model.page || location.href, location.href);
  const address = new URL(`/login?next=${encodeURIComponent(here.pathname)}`, here);
  return $("<p>").append($("<a>", { href: address.href }).text("Sign in with GitHub"), document.createTextNode(" to act from here."));
}

function drawn(desk, offer, at) {
  const name = nameOf(offer);
  const why = hindrance(desk, offer);
  const note = `maestro-offer-${at}`;
  const $button = $("<button>", { type: "button", "data-offer": name, "aria-describedby": note, disabled: Boolean(why) });
  $button.text(offer.label).on("click", () => press(desk, offer));
  const told = [offer.undoes ? "Undo. " : "", why || sentence(offer.description)];
  const kind = [offer.destructive ? "grave" : "", offer.undoes ? "undo" : ""].join(" ").trim();
  return $("<li>", { class: kind }).append($button, $("<span>", { id: note }).append(told.flatMap(spoken)));
}

// Why an offer cannot be taken up just now; "" where it can.
function hindrance(desk, offer) {
  const { model } = desk;
  if (desk.sending.has(nameOf(offer))) return desk.sending.get(nameOf(offer));
  if (offer.allowed === false) {
    return `It takes the role \`${offer.role}\` or more` + (model.viewer.role ? `; you have \`${model.viewer.role}\`.` : ".");
  }
  if (desk.stale && desk.stale === model.pull.head_sha) return "The pull request has moved; its new head is being judged.";
  const open = (model.commands ?? []).find((one) => !hasEnded(one) && nameOf(one) === nameOf(offer) && recent(one));
  return open ? `Asked for by ${open.who}; it is under way.` : "";
}

// What had no answer for longer keeps nobody from asking again.
function recent(command) {
  return Date.now() - command.asked * 1000 < PATIENCE;
}

function nameOf(one) {
  return `${one.verb} ${one.arguments}`.trim();
}

function focus(desk, name) {
  desk.$offers.find("button").filter((_, button) => button.dataset.offer === name).trigger("focus");
}

async function press(desk, offer) {
  const { pull } = desk.model; // what they saw is what they mean, whatever comes while they think
  const meant = await confirmed(desk.$root, offer, pull);
  focus(desk, nameOf(offer));
  if (meant && !desk.sending.has(nameOf(offer))) await ask(desk, offer, pull, meant.reason);
}

async function ask(desk, offer, pull, reason) {
  const wanted = {
    repository: pull.repository,
    number: pull.number,
    head_sha: pull.head_sha,
    verb: offer.verb,
    arguments: `${offer.arguments} ${reason}`.trim(),
  };
  const slot = JSON.stringify(wanted);
  if (!desk.keys.has(slot)) desk.keys.set(slot, crypto.randomUUID());
  say(desk, offer, `${offer.label}: sending…`);
  let answer;
  try {
    answer = await desk.transport.post("/api/commands", { ...wanted, key: desk.keys.get(slot) });
  } catch {
    return trouble(desk, offer, "the connection is lost, and nobody knows whether it arrived. Try again: it is done once.");
  }
  if (answer.status < 500 && answer.status !== 429) desk.keys.delete(slot);
  if (answer.status === 202) return follow(desk, offer, answer.body.follow);
  refused(desk, offer, pull, answer);
}

async function follow(desk, offer, path) {
  if (desk.followed.has(path)) return;
  const one = following(path, desk.transport);
  desk.followed.set(path, one);
  say(desk, offer, `${offer.label}: taken in, and waiting for its turn.`);
  const command = await one.end;
  desk.followed.delete(path);
  if (command === null) {
    desk.abandoned.add(path);
    trouble(desk, offer, "there is no answer yet. It is kept; the page will show what comes of it.");
  } else if (command.state === "done") done(desk, offer, command);
  else trouble(desk, offer, `${command.state}: ${command.said || "nobody says why"}`);
  desk.$root.trigger("maestro:stale");
}

function refused(desk, offer, pull, { status, body }) {
  const said = body?.error ?? `the server answered ${status}`;
  if (status === 409 && body?.head_sha) {
    desk.stale = pull.head_sha;
    trouble(desk, offer, `the pull request has moved to \`${short(body.head_sha)}\`, so nothing was done. Look at what is there now.`);
  } else if (status === 401) {
    desk.model = { ...desk.model, viewer: null };
    trouble(desk, offer, "you are signed out, so nothing was done.");
  } else if (status >= 500) trouble(desk, offer, `${said}. Try again: it is done once.`);
  else trouble(desk, offer, said);
  if (status < 500) desk.$root.trigger("maestro:stale");
}

function say(desk, offer, text) {
  desk.sending.set(nameOf(offer), text);
  desk.$trouble.empty();
  desk.$status.empty().append(spoken(text));
  draw(desk);
}

function done(desk, offer, command) {
  desk.sending.delete(nameOf(offer));
  desk.$status.empty().append(spoken(`${offer.label}: done. ${command.said}`.trim()));
  redraw(desk, offer);
}

function trouble(desk, offer, text) {
  desk.sending.delete(nameOf(offer));
  desk.$status.empty();
  desk.$trouble.empty().append(spoken(`${offer.label}: ${text}`));
  redraw(desk, offer);
}

// A button that was off while it was under way has lost the focus: it comes back, unless that is elsewhere by now.
function redraw(desk, offer) {
  const idle = document.activeElement === document.body;
  draw(desk);
  if (idle) focus(desk, nameOf(offer));
}
