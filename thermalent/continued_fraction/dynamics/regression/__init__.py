"""Two-time correlations by quantum regression, over time and over frequency."""
