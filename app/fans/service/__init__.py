"""The use cases of fans."""
