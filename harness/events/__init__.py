"""From a rule's reference to labelled activities."""
