"""The storage of a sweep: store, lock, extension, partial ensembles."""
