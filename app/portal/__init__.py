"""The label's own workplace."""
