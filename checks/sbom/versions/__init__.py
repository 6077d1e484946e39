"""Versions of every ecosystem: which is newer, and which a range or a requirement takes in."""
