"""The embedded mesh: engines from wheels, all services as processes, one command."""
