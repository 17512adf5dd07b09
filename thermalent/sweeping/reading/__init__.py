"""The observables of a sweep, with their errors."""
