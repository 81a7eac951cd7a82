"""Counts tokens and prices calls."""
