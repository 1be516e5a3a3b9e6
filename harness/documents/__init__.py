"""Labelled documents of a rule in one schema."""
