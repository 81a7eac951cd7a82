"""The a11i command."""
