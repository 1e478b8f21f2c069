"""Scenarios: their schema, their numbers with ranges, and their files."""
