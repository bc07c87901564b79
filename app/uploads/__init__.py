"""Bulk upload: a whole catalogue in one go, looked at before it counts."""
