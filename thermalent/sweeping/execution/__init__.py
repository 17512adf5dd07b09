"""The computation of a sweep: tasks, executors, ensembles, progress."""
