"""Corpora as files: written in several formats with a manifest, checked, and imported."""
