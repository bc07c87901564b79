"""The use cases of bulk upload."""
