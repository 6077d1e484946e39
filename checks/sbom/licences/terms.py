"""Text to licence tree: one parser, fed with our spellings, that answers None instead of raising.

license-expression 30 is imported on first use. Its traps: `LicenseRef-*` aliases that merge private licences
into public ones (dropped here), "GPL" read as "any GPL ever" (here it is vague), and errors of many classes.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from checks.sbom.licences.spellings import ALIASES, MORE_EXCEPTIONS, MORE_LICENCES, NOTHING_STATED, VAGUE

MAX_LENGTH = 2000  # simplifying takes time with the square of the length: 20 ms at this one
_CLASSIFIER = "license :: "
_APPROVED = "osi approved :: "
_KEYWORDS = (" or ", " and ", " with ", "(", "/", ",", '"')


@lru_cache(maxsize=8192)
def parse(text: str) -> Any | None:
    """The simplified expression tree of license-expression, or None when the text states nothing or is no
    expression.

    Leaves are LicenseSymbol (`.key`) or LicenseWithExceptionSymbol; a name nobody knows is a leaf as well.
    """
    words = " ".join(text.split())
    if not states(words) or len(words) > MAX_LENGTH:
        return None
    meant = _meant(words)
    tree = _tree(meant)
    if tree is None and "/" in meant and " " not in meant:  # "MIT/Apache-2.0", as older Cargo manifests say OR
        tree = _tree(meant.replace("/", " OR "))
    return tree


def states(text: str) -> bool:
    """Does it say anything at all? "NOASSERTION" and its like say that nobody says."""
    return text.strip().lower() not in NOTHING_STATED


def operator(tree: Any) -> str:
    """AND or OR; "" for a leaf."""
    return str(getattr(tree, "operator", "")).strip()


def leaves(tree: Any) -> list[Any]:
    """The single licences of an expression, each with its exception."""
    return [leaf for branch in tree.args for leaf in leaves(branch)] if operator(tree) else [tree]


@cache
def identifiers() -> frozenset[str]:
    """Every identifier of the SPDX licence list, in lower case, without exceptions."""
    return frozenset(symbol.key.lower() for symbol in _published() if not symbol.is_exception)


@cache
def exceptions() -> frozenset[str]:
    """Every exception of the SPDX list, in lower case."""
    return frozenset(symbol.key.lower() for symbol in _published() if symbol.is_exception)


def _meant(words: str) -> str:
    lowered = words.lower()
    if lowered.startswith(_CLASSIFIER):
        lowered = lowered.removeprefix(_CLASSIFIER).removeprefix(_APPROVED)
        return _whole().get(lowered, words)
    return _whole().get(lowered, words)


def _tree(text: str) -> Any | None:
    try:
        tree = _licensing().parse(text)
        return tree.simplify() if tree is not None else None
    except Exception:  # besides its own errors the parser lets IndexError, AttributeError and others through
        return None


@cache
def _whole() -> dict[str, str]:
    """Texts that mean an expression when they stand alone."""
    spelled = {alias.lower(): spdx for spdx, aliases in ALIASES.items() for alias in aliases}
    vague = {alias.lower(): name for name, (_, aliases) in VAGUE.items() for alias in aliases}
    return spelled | vague


@cache
def _published() -> tuple[Any, ...]:
    from license_expression import LicenseSymbol, get_spdx_licensing

    ours = [LicenseSymbol(name) for name in MORE_LICENCES.split()]
    ours += [LicenseSymbol(name, is_exception=True) for name in MORE_EXCEPTIONS.split()]
    mended = {symbol.key for symbol in ours}
    theirs = (one for one in get_spdx_licensing().known_symbols.values() if one.key not in mended)
    return (*ours, *(symbol for symbol in theirs if not symbol.key.startswith("LicenseRef-")))


@cache
def _licensing() -> Any:
    """A parser of SPDX names, and of our spellings as far as they hold no operator."""
    from license_expression import LicenseSymbol, Licensing

    ours = {spdx: aliases for spdx, aliases in ALIASES.items() if " WITH " not in spdx}
    taken = {name.lower() for name in VAGUE} | {alias.lower() for aliases in ours.values() for alias in aliases}
    symbols = [
        LicenseSymbol(
            symbol.key,
            aliases=_simple((*(a for a in symbol.aliases if a.lower() not in taken), *ours.get(symbol.key, ()))),
            is_exception=symbol.is_exception,
        )
        for symbol in _published()
    ]
    vague = [LicenseSymbol(name, aliases=_simple(aliases)) for name, (_, aliases) in VAGUE.items()]
    return Licensing(symbols + vague)


def _simple(aliases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        alias
        for alias in aliases
        if not alias.startswith("LicenseRef-") and not any(word in alias.lower() for word in _KEYWORDS)
    )
