"""Networks that follow each other in time: the run through them, and its tiers behind one mode."""
