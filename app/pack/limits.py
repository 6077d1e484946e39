"""What a Repro Pack may be at most: whoever reads one was sent it by somebody."""

from __future__ import annotations

FORMAT = 1
MOST_MEMBERS = 2_000
MOST_BYTES = 512 * 1024 * 1024  # of all members together, unpacked
MOST_PACKED = 256 * 1024 * 1024  # bytes of the file itself
LONGEST_NAME = 160

README = "README.txt"
MANIFEST = "manifest.json"
STATEMENT = "statement.dsse.json"
KEY = "key.pem"
DECISION = "decision.json"
RECORD = "record.json"
SNAPSHOT = "snapshot.json"
CONFIG = "config.json"
VERSIONS = "versions.json"
PROVENANCE = "provenance.jsonl"
REDACTIONS = "redactions.json"
ADVISORIES = "advisories.json"
STUDIES = "studies.json"
BILLS = "sboms.json"
REMEDIATIONS = "remediations.json"
USAGE = "usage.json"
