"""The engines of the embedded mesh, one module each: how to prepare, run and probe it."""
