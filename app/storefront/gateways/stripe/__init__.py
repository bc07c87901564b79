"""Buyers' payments by the card processor: its own pages, on the platform's account, each marked with its label."""
