"""The hosts a label answers under: claimed, proven by DNS, live, and resting after removal."""
