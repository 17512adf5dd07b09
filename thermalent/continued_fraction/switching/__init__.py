"""Evolution behind one mode under networks that follow each other in time."""
