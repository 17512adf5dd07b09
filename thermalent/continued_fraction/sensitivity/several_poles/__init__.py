"""Derivatives behind a source of several poles, by the adjoint on its tiers."""
