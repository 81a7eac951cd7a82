"""The delivery service: what could not be delivered, kept until somebody replays or discards it."""
