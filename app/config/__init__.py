"""`.github/maestro.yml`: read exactly, explained by line and key, found in its repository or its owner's."""

from app.config.locate import DEFAULT_BRANCH, Loaded, Place, Read, Source, complete, load
from app.config.model import PATH, Agents, Card, CardMode, Commands, Config, ConfigError, ConfigErrors, Notice
from app.config.parse import parse, settings
from app.config.reference import reference
from app.config.schema import schema

__all__ = [
    "DEFAULT_BRANCH",
    "PATH",
    "Agents",
    "Card",
    "CardMode",
    "Commands",
    "Config",
    "ConfigError",
    "ConfigErrors",
    "Loaded",
    "Notice",
    "Place",
    "Read",
    "Source",
    "complete",
    "load",
    "parse",
    "reference",
    "schema",
    "settings",
]
