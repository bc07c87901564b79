"""How a label comes to be: roles, schemas kept ready, and the opening itself."""
