"""The span model: Arrow schema, OTLP decoding, semantic-convention normaliser."""
