"""Rule files -> rules -> translations."""
