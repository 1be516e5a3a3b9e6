"""Recorded events of the user's own as a labelled corpus of a rule."""

SCHEMA = "harness/recorded/1"
