"""The commands of `maestro`, one module each; `app.cli` loads a module only when its command is called."""
