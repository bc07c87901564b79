"""Tables as people send them: text in whatever letters, and workbooks that are safe to open."""
