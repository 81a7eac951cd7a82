"""Tokenizers behind one face, whichever library is underneath."""
