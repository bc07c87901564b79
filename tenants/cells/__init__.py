"""Labels between databases: the short pause, the fence in the database itself, and the move."""
