"""The roster as lists."""
