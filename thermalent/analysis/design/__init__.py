"""From a wanted concurrence to the source, the filter and the tolerable imperfections."""
