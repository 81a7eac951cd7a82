"""Answers queries over stored traces."""
