"""Verifies API keys; manages tenants, projects and keys."""
