"""What SQL dialects share: syntax trees, their parser, typed operands and patterns."""
