"""Pure rules of the artists' app."""
