"""How objects show themselves: short texts, tables, drawings and plots of plain data."""
