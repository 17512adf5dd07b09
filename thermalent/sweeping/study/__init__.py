"""A sweep as a study: its arguments, checked, or a TOML file that has them."""
