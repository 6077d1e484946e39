// Asks, before anything is done: what, on what, at which commit. Escape, and whatever else closes it, means no.

import { sentence, short } from "./words.js";

const $ = globalThis.jQuery;
const LONGEST = 500; // characters of a reason

// A Promise of {reason} from whoever means it, of null from whoever does not. The dialog lives in $root while it is open.
export function confirmed($root, offer, pull) {
  return new Promise((resolve) => {
    const $reason = $("<textarea>", { id: "maestro-reason", rows: 2, maxlength: LONGEST, required: true });
    const $yes = $("<button>", { type: "submit", class: offer.destructive ? "yes grave" : "yes" }).text(offer.label);
    const $no = $("<button>", { type: "button", class: "no" }).text("Cancel");
    const $form = $("<form>").append(
      $("<h2>", { id: "maestro-asked" }).text(`${offer.label}?`),
      $("<p>").text(sentence(offer.description)),
      facts(offer, pull),
      offer.reason ? $("<p>").append($("<label>", { for: "maestro-reason" }).text("Reason, for the log: "), $reason) : null,
      $("<p>", { class: "choice" }).append($no, $yes),
    );
    const $dialog = $("<dialog>", { class: "confirm", "aria-labelledby": "maestro-asked" }).append($form);
    let answer = null;
    $no.on("click", () => $dialog[0].close());
    $yes.on("click", (event) => event.detail < 2 || event.preventDefault()); // the second click of two meant the button below
    $form.on("submit", (event) => {
      event.preventDefault();
      const reason = offer.reason ? oneLine($reason.val()) : "";
      if (offer.reason && !reason) return $reason.trigger("focus");
      answer = { reason };
      $dialog[0].close();
    });
    $dialog.on("close", () => {
      $dialog.remove();
      resolve(answer);
    });
    $root.append($dialog);
    $dialog[0].showModal();
    (offer.reason ? $reason : offer.destructive ? $no : $yes).trigger("focus");
  });
}

function facts(offer, pull) {
  const command = `${offer.verb} ${offer.arguments}`.trim();
  const told = [
    ["Command", $("<code>").text(command)],
    offer.target && offer.target !== short(pull.head_sha) ? ["Acts on", $("<bdi>").text(offer.target)] : null,
    ["Pull request", $("<bdi>").text(`${pull.repository}#${pull.number}`)],
    ["Commit", $("<code>", { title: pull.head_sha }).text(short(pull.head_sha))],
  ];
  return $("<dl>").append(told.filter(Boolean).flatMap(([name, $value]) => [$("<dt>").text(name), $("<dd>").append($value)]));
}

function oneLine(text) {
  return text.replace(/[\s\p{Cc}]+/gu, " ").trim();
}
