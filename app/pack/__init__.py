"""The Repro Pack: all that one decision was made of in one file, by which a stranger can make it again."""
