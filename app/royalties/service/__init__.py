"""The use cases of royalties."""
