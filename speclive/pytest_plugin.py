"""Cards in a test run."""
