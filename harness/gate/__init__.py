"""What a change does to a rule set, for CI."""
