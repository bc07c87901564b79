"""Everything a label may restyle: templates, styles and scripts on tokens."""
