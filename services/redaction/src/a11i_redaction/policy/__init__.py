"""Policies: what is looked for in a project's telemetry, and what becomes of it."""
