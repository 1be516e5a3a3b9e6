"""Searching for disagreements beyond the generated events."""
