"""Series that are made up, to see how often an interval holds what it should."""
