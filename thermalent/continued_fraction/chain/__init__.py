"""The block-tridiagonal hierarchy of one mode, evaluated as a matrix continued fraction."""
