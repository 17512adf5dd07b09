"""Chains of many networks whose superoperators differ in numbers alone, made together."""
