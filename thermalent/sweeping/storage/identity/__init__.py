"""Whether a study is the one that filled a store: what of it differs, and the user's code."""
