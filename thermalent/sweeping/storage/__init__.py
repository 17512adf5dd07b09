"""Where a sweep keeps its results: store, lock, extension, partial ensembles."""
