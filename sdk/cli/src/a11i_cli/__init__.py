"""The `a11i` command: reads traces from a mesh."""
