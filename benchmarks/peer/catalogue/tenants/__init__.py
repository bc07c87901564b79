"""The labels of the peer."""
