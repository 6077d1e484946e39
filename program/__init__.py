"""What to do next, computed: pure, and of ours it knows nothing but the words of the checks."""
