"""What can be decided about a predicate without any event: whether it can come true, and how.

Exact for texts, numbers and addresses in any combination of and, or, not; bounded in work,
and the same answer on every machine.
"""
