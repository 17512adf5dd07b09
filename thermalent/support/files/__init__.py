"""Results and pictures as files."""
