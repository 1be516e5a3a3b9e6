"""Predicates applied to events: ``oracle`` row by row, ``masks`` in columns."""
