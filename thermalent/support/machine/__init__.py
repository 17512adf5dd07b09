"""What the machine allows: compiled kernels, signals, threads, limits of containers."""
