"""What `translations.py` measures, one file a section."""
