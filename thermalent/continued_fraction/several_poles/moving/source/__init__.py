"""The Gaussian state of a source of several poles while it fills, decays or is displaced."""
