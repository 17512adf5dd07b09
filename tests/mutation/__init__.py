"""Whether the tests notice single wrong signs, factors, comparisons and guards: `make mutate`."""
