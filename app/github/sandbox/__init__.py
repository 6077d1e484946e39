"""A local GitHub: one double for tests, demo and benchmarks. See `docs/sandbox.md` for what it does and assumes."""

from app.github.sandbox.faults import DeliveryFaults, Faults
from app.github.sandbox.people import Repo
from app.github.sandbox.server import Sandbox, SandboxApp

__all__ = ["DeliveryFaults", "Faults", "Repo", "Sandbox", "SandboxApp"]
