"""Benchmarks: ratios against a reference taken in the same run, written to bench-out/results.json."""
