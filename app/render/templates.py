"""The texts of `templates/`, rendered so that no fragment can forget to escape.

Every `{{ expression }}` passes through `finalize`: only a `Markdown` value, which this package alone makes,
is written as it stands; everything else is escaped by `escape.markdown`, `None` reads as "not measured".
Jinja's own autoescape stays off on purpose: its `Markup` escapes for HTML alone, and `join`, `~` and `+`
would pass text that is live Markdown. Here whatever a filter does to a `Markdown` value gives a plain `str`,
which is escaped once more: a mistake shows, it never acts. `| safe` has no power. Macros and `{% set %}`
blocks give plain text as well: use `include`.

For a fragment `checks/<name>.md.j2`: `detail` and `result` of the check, `pull`; the filters `prose` (our own
sentences: `single backticks` become code), `code`, `markdown` (the default, here to give a limit), `number`,
`sparkline`;
the functions `link(text, url)`, `reference(number)` of a pull request, and `cited(text, source)`, where source is
an address or a path in the repository. Literal `@` and `#` must not stand right before an expression: the two
together could be a mention.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound

from app.render import words
from app.render.escape import Markdown, code, link, markdown, prose, quoted, reference
from app.render.sparkline import sparkline

ROOT = Path(__file__).parents[2] / "templates"  # not by import: a repository under check may have a `templates` too


def render(name: str, **context: object) -> Markdown:
    """The text of template `name`. Raises jinja2.UndefinedError where it asks for what `context` does not
    hold.
    """
    return Markdown(environment().get_template(name).render(context).strip("\n"))


def exists(name: str) -> bool:
    """Whether there is a template `name`."""
    try:
        environment().get_template(name)
    except TemplateNotFound:
        return False
    return True


@cache
def environment() -> Environment:
    """The one environment of every template."""
    made = Environment(
        loader=FileSystemLoader(ROOT),
        autoescape=False,  # noqa: S701 - see above: `finalize` escapes, and for Markdown
        finalize=finalize,
        undefined=StrictUndefined,
    )
    made.filters |= {
        "code": _texts(code),
        "markdown": _texts(markdown),
        "prose": _texts(prose),
        "quoted": _texts(quoted),
        "number": words.number,
        "mark": words.mark,
        "overridden": words.overridden,
        "word": words.word,
        "value": words.value,
        "limit": words.limit,
        "interval": words.interval,
        "short": words.short,
        "worst_first": words.worst_first,
        "sparkline": sparkline,
        "dollars": words.dollars,
    }
    made.globals |= {"link": link, "reference": reference, "states": words.STATES}
    return made


def finalize(value: object) -> Markdown:
    """What an expression writes: safe Markdown as it is, anything else as inert text."""
    if isinstance(value, Markdown):
        return value
    return markdown(words.NOTHING if value is None else str(value))


def _texts(escape: Callable[..., Markdown]) -> Callable[..., Markdown]:
    """`escape` for whatever a template holds: a number or None as well as a text."""

    def filtered(value: Any, *limit: int) -> Markdown:
        return escape(words.NOTHING if value is None else str(value), *limit)

    return filtered
