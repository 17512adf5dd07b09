"""Sources of several poles that move: from empty, coherent or hotter starts, in steps."""
