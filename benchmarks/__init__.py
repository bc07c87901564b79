"""What the product promises in figures, measured as ratios in one run; `boptone bench` runs it."""
