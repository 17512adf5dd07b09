"""Side-by-side timings of thermalent against its peers; `python -m benchmarks` runs them all."""
