"""Serves the public reads as REST."""
