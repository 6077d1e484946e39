"""Locks in a process that forks: what another thread holds at that moment nobody would ever give back in the child."""

from __future__ import annotations

import os
from typing import Protocol, TypeVar


class Lock(Protocol):
    """What `threading` gives."""

    def acquire(self) -> bool:
        """Wait for it."""

    def release(self) -> None:
        """Give it back."""


L = TypeVar("L", bound=Lock)


def unlocked_in_children(lock: L) -> L:
    """The lock itself, which a fork waits for. One that the same thread may take again, for other hooks may want it."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
    return lock
