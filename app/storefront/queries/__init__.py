"""Lists and shelves of the shop."""
