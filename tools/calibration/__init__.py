"""Fitting the physical constants of the serving model to public measurements."""
