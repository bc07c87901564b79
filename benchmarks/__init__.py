"""Measurements: each compares two things in one run and says the ratio."""
