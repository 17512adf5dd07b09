"""Filters between a hot source and the emitters: their shapes, and how they are realised."""

from thermalent.filters.filter import Filter as Filter
