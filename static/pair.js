// The buttons of `/pair`: make a code, sign out here, sign out somewhere else. Each tells what came of it, and can be
// pressed again where nothing did.
"use strict";

const root = document.getElementById("pair");
const said = document.getElementById("said");
const trouble = document.getElementById("trouble");

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF": root.dataset.csrf },
    body: JSON.stringify(body),
  });
  const told = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error ?? `the server answered ${answer.status}`);
  return told;
}

function onPress(button, act) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    said.textContent = "";
    trouble.textContent = "";
    try {
      await act(button);
    } catch (error) {
      trouble.textContent = `That did not work: ${error.message}.`;
    } finally {
      button.disabled = false;
    }
  });
}

onPress(document.getElementById("make"), async () => {
  const made = await post("/api/pair/code", {});
  document.getElementById("code").textContent = made.code;
  const until = `${new Date(made.until * 1000).toISOString().slice(11, 19)} UTC`;
  said.textContent = `The code is good until ${until}, for one overlay.`;
});

onPress(document.getElementById("leave"), async () => {
  await post("/logout", {});
  location.assign("/");
});

for (const button of document.querySelectorAll("button.revoke")) {
  onPress(button, async () => {
    const row = button.closest("tr");
    await post("/api/sessions/revoke", { session: row.dataset.session });
    said.textContent = `${button.textContent.trim()}: done.`;
    row.remove();
    document.getElementById("list").focus();
  });
}
