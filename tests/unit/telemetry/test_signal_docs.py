"""The page about the other signals' columns says what the schemas say."""

from pathlib import Path

from a11i_telemetry.signal_docs import document

_PAGE = Path(__file__).parents[3] / "docs" / "signal-schema.md"


def test_the_page_is_up_to_date() -> None:
    assert _PAGE.read_text() == document(), "run: python -m a11i_telemetry.signal_docs > docs/signal-schema.md"
