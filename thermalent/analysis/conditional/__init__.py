"""The emitters' state given the source's amplitude, and averages over what an observer knows."""
