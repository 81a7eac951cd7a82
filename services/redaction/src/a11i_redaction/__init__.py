"""Removes PII and secrets."""
