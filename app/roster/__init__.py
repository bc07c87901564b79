"""Whose music it is: artists, the people and companies behind them, imprints, and who may act for whom."""
