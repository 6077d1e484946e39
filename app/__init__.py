"""Maestro Conductor: decides, for every pull request, whether the change may ship."""

__version__ = "1.5.0"
