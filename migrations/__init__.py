"""Two histories: `shared` for the platform's own tables, `label` for the tables of which every label has a copy."""
