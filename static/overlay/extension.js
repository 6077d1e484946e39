// The overlay as an extension's content script: the worker answers it.
import { overlay } from "./overlay.js";

const KEPT = "open";
const NOBODY = { status: 0, tag: "", body: null };

overlay({
  ask: async (message) => (await chrome.runtime.sendMessage(message)) ?? NOBODY,
  recall: async () => (await chrome.storage.local.get(KEPT))[KEPT] === true,
  remember: async (open) => chrome.storage.local.set({ [KEPT]: open }),
  alive: () => Boolean(chrome.runtime?.id), // not once the extension was updated or removed: reloading brings the new one
});
