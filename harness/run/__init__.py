"""The engine: a plan in, a stream of run events out."""
