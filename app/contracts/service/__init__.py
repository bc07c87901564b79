"""The use cases of contracts."""
