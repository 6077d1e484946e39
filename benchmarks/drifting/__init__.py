"""Streams that drift, or only vary; the watch on them, and its peers."""
