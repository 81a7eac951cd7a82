"""The detectors: secrets, patterns and phones behind one prefilter, and names by a language model."""
