"""Derivatives of observables with respect to the parameters of a model, by the adjoint equation."""
