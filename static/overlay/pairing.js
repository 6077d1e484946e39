// The way in: a code, made on Maestro's own page by whoever is signed in there, is given for a token that the page
// around us never sees.

/** Draws the field for a code into `$root`. `paired()` is called once it was taken. */
export function pairing($root, ask, paired) {
  const $field = jQuery("<input>").attr({ id: "code", type: "text", autocomplete: "off", spellcheck: "false", maxlength: 64 });
  const $button = jQuery("<button>").attr("type", "submit").text("Connect");
  const $error = jQuery("<p>").attr({ id: "code-error", role: "alert" }).addClass("error");
  const $form = jQuery("<form>").append(
    jQuery("<label>").attr("for", "code").text("One-time code"),
    $field.attr("aria-describedby", "code-error"),
    $button,
    $error,
  );
  $form.on("submit", async (event) => {
    event.preventDefault();
    if ($button.prop("disabled")) return;
    $button.prop("disabled", true);
    $error.text("");
    const { status, body } = await ask({ kind: "pair", code: $field.val() }).catch(() => ({ status: 0, body: null }));
    $button.prop("disabled", false);
    if (status >= 200 && status < 300) return paired();
    $error.text(reason(status, body));
    return $field.trigger("focus");
  });
  $root.empty().append(way(), $form);
}

function way() {
  const $page = jQuery("<a>")
    .attr({ href: `${MAESTRO.root}/pair`, target: "_blank", rel: "noopener noreferrer" })
    .text("Maestro's pairing page");
  return jQuery("<p>").append("Make a code on ", $page, " and put it in here.");
}

function reason(status, body) {
  if (status === 0) return "Maestro cannot be reached just now. Try again in a moment.";
  if (typeof body?.error === "string") return `That did not work: ${body.error}.`;
  return "That code is not right, or no longer. Make another.";
}
