"""Lists of the API as statements."""
