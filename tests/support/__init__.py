"""What the tests share: independent routes to the package's numbers."""
