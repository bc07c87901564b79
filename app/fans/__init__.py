"""Fans of a label: how they come in, what they agreed to, whom they follow, and how they leave."""
