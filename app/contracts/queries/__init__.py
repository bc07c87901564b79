"""Contracts as lists for pages, and what is to be chosen by name."""
