"""Sweeps over grids of networks: solved block by block on any executor, labelled, resumable."""
