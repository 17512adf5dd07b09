"""Argument checks, progress, notices and memory limits; nothing here knows physics."""
