"""The amplitudes of a source of several poles as a chain, and the blocks of its tiers."""
