"""Pages for browsers: one environment, in which whatever is not ours becomes text.

Autoescape makes markup inert; before it, every text is reduced to one visible line, so that no control and no mark of
direction reaches the page. Templates put what others wrote in `<bdi>`: letters that run from the right stay among
themselves.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.render import assets, words
from app.render.escape import MARKED, destination, line
from app.render.logged import SHOWN, asked_from, logged
from app.render.templates import ROOT

LONGEST = 500  # characters of one text


def page(name: str, **context: object) -> str:
    """The page of template `name`. Raises jinja2.UndefinedError where it asks for what `context` does not hold."""
    return _environment().get_template(name).render(context)


def moment(at: float) -> str:
    """Epoch seconds as people read them: `2026-11-30 12:40:05 UTC`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def shown(value: object) -> object:
    """What an expression writes, before it is escaped: markup of ours as it is, anything else as one visible line."""
    if isinstance(value, Markup):
        return value
    return words.NOTHING if value is None else line(str(value), LONGEST)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(ROOT),
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "moment": moment,
        "short": words.short,
        "share": share,
        "count": count,
        "number": words.number,
        "prose": prose,
        "logged": logged,
        "from": asked_from,
        "lasted": words.lasted,
        "dollars": words.dollars,
    }
    made.globals |= {"asset": assets.address, "linked": linked, "lines_shown": SHOWN}
    return made


def prose(text: str, most: int = LONGEST) -> Markup:
    """A sentence of ours, in which a stretch between single backticks becomes code."""
    pieces = enumerate(MARKED.split(line(text, most)))
    return Markup("").join(Markup("<code>{}</code>").format(one) if at % 2 else one for at, one in pieces)


def linked(text: str, url: str) -> Markup:
    """`text` linked to `url`; only the text where that is neither a plain http(s) address nor a path of our own."""
    ours = url.startswith("/") and not url.startswith("//")
    address, said = url if ours else destination(url), line(text, LONGEST)
    if not (address and said):
        return Markup("<bdi>{}</bdi>").format(said)
    return Markup('<a href="{}"><bdi>{}</bdi></a>').format(address, said)


def share(value: float | None) -> str:
    """`0.53 %`."""
    return words.NOTHING if value is None else f"{100 * value:.3g} %"


def count(value: int | None) -> str:
    """`12,400`."""
    return words.NOTHING if value is None else f"{value:,}"
