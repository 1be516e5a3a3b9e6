"""Recorded events: where they come from, which log source they belong to, and how to read them."""
