"""Tasks, methods as data, plans, and results with their evidence."""
