"""Measurements against which the model is held, and what they say about its error."""
