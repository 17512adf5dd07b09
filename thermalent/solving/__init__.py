"""The entry points, and the registry of methods that they choose from."""
