"""The catalogue of the peer."""
