"""The published figures, one script each, through the public interface of thermalent alone.

Every script has a `main(folder)` that computes, writes a PNG, a PDF and a CSV of the data behind
it, and returns a `Report`. `python -m figures` runs them all, `python -m figures thermal_3a` one.
"""

NAMES = (
    "thermal_2c",
    "thermal_2d",
    "thermal_3a",
    "thermal_3c",
    "amplitude_and_phase",
    "thermal_7a",
    "thermal_7b",
    "reliability_map",
)
