"""Lists that people work in: what can be asked of one, and the views of it that they keep."""
