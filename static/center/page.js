// Makes the page of a pull request act. What can be asked for is read from the address in `data-api` of `#actions`, anew
// whenever there is news of the page (static/live.js tells), and whenever the buttons find that they are out of date.

import { actions } from "./actions.js";
import { pageTransport } from "./transport.js";

const $ = globalThis.jQuery;
const $root = $("#actions");
const path = $root.attr("data-api");
let reading = false;
let again = false;

async function read() {
  again = reading;
  if (reading) return;
  reading = true;
  try {
    const { status, body } = await pageTransport("").get(path);
    if (status !== 200 || !body) return;
    actions($root, body, pageTransport(body.csrf));
    signed(body.viewer);
  } catch {
    // The line that tells whether the page is live says that the connection is lost; what was drawn stays.
  } finally {
    reading = false;
    if (again) read();
  }
}

// Who acts here, and the way to the page where they sign out.
function signed(viewer) {
  const $who = $("#viewer").empty();
  if (viewer) $who.append(document.createTextNode(" · Signed in as "), $("<a>", { href: "/pair" }).text(viewer.login));
}

if (path) {
  $root.on("maestro:stale", read);
  $(document).on("maestro:news", read);
  $(window).on("online pageshow", read);
  read();
}
