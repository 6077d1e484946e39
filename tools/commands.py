"""The table of `docs/commands.md`, made of what each command declares."""

from __future__ import annotations

from handlers.commands import VERBS

BEGIN = "<!-- commands: made from the declarations; `make docs` writes them -->"
END = "<!-- /commands -->"


def renew(page: str) -> str:
    """`page` with the table between its markers made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    head = ("| command | effect | least role | destructive | example |", "|---|---|---|---|---|")
    rows = (
        f"| `{verb.usage}` | {verb.effect} | {verb.role} | {'yes: name the commit' if verb.destructive else 'no'} |"
        f" `{verb.example}` |"
        for verb in VERBS
    )
    return "\n".join((f"{before}{BEGIN}", "", *head, *rows, "", f"{END}{after}"))
