"""Sources of several poles that move: empty, coherent or hotter starts, and schedules."""
