"""The embedded mesh: engines from wheels, every service as a process of its own, one command."""
