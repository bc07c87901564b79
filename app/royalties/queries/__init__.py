"""Lists of royalties."""
