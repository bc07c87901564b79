"""Releases, their tracks, the recordings on them, and the works that were recorded."""
