"""How the points of a sweep are computed: tasks, executors, ensembles, progress."""
