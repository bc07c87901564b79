"""Paper and pictures: Typst templates that take a label's flat tokens as data and never as code."""
