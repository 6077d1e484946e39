"""Given/When/Then cards that guard a running service, cheap enough to leave on."""

__version__ = "1.5.0"
