"""The table of observables, and how they are read from one state or from many."""
