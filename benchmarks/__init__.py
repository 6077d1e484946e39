"""The measured claims: one module a benchmark, run by `make bench`."""
