"""Takes spans over OTLP and StreamSpans and puts them on the bus."""
