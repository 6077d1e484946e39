// Asks, before anything is done: what, on what, at which commit. Escape, and whatever else closes it, means no.

import { sentence, short } from "./words.js";

const $ = globalThis.jQuery;
const LONGEST = 500; // characters of a reason

// A Promise of {reason} from whoever means it, of null from whoever does not. The dialog lives in $root while it is open.
export function confirmed($root, offer, pull) {
  return new Promise((resolve) => {
    const least = Number(offer.reason); // characters of a reason; 0 where none is asked for
    const $reason = $("<textarea>", { id: "maestro-reason", rows: 2, maxlength: LONGEST, required: true });
    const $yes = $("<button>", { type: "submit", class: offer.destructive ? "yes grave" : "yes" }).text(offer.label);
    const $no = $("<button>", { type: "button", class: "no" }).text("Cancel");
    const $form = $("<form>").append(
      $("<h2>", { id: "maestro-asked" }).text(`${offer.label}?`),
      $("<p>").text(sentence(offer.description)),
      facts(offer, pull),
      offer.reason ? $("<p>").append($("<label>", { for: "maestro-reason" }).text(asked(least)), $reason) : null,
      $("<p>", { class: "choice" }).append($no, $yes),
    );
    const $dialog = $("<dialog>", { class: "confirm", "aria-labelledby": "maestro-asked" }).append($form);
    let answer = null;
    $no.on("click", () => $dialog[0].close());
    $yes.on("click", (event) => event.detail < 2 || event.preventDefault()); // the second click of two meant the button below
    $reason.on("input", () => $reason[0].setCustomValidity(""));
    $form.on("submit", (event) => {
      event.preventDefault();
      const reason = offer.reason ? oneLine($reason.val()) : "";
      if (reason.length < least) return say($reason, asked(least));
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

function asked(least) {
  return `Why, in ${least} characters or more; everybody will read it: `;
}

function say($reason, text) {
  $reason[0].setCustomValidity(text);
  $reason[0].reportValidity(); // the browser says it beside the field, which has the focus then
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
