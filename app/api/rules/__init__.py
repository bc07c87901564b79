"""Scopes, tokens and redirects as pure functions."""
