"""The parts of `benchmarks.experiment`."""
