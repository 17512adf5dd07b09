"""Averages over blocks of random numbers: what every statistical method shares."""
