"""Evolution in time and correlation functions by the hierarchy."""
