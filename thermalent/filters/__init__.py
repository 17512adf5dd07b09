"""Filters between a hot source and the emitters: their shapes and their realisation by modes."""

from thermalent.filters.filter import Filter as Filter
