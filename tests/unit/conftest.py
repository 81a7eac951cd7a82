"""What holds for the tests without engines."""

from hypothesis import HealthCheck, settings

# Both go by the clock on the wall, and so tell a busy machine from a quiet one, not good code from bad.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
