"""Lists of the artists' app as `select()` builders."""
