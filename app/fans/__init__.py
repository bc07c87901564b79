"""Fans of one label: how they come in, what they agreed to, whom they follow, what is kept of them."""
