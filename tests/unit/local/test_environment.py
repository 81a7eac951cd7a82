"""What the mesh's processes see of the user's environment."""

from a11i_local.environment import base_environment, service_settings


def test_a_process_sees_none_of_the_users_other_variables() -> None:
    seen = base_environment({"PATH": "/bin", "A11I_API_KEY": "stray", "PYTHONDONTWRITEBYTECODE": "1", "EDITOR": "vi"})

    assert seen["PATH"] == "/bin"
    assert not {"A11I_API_KEY", "PYTHONDONTWRITEBYTECODE", "EDITOR"} & seen.keys()


def test_a_service_sees_the_settings_that_are_its_own() -> None:
    source = {"A11I_REDACTION_NAMES": "false", "A11I_QUERY_LOG__LEVEL": "debug", "A11I_QUERY": "127.0.0.1:1"}

    assert service_settings("redaction", source) == {"A11I_REDACTION_NAMES": "false"}
    assert service_settings("query", source) == {"A11I_QUERY_LOG__LEVEL": "debug"}
