"""Columns stand below each other and give way where there is no room."""

from __future__ import annotations

from rich.text import Text

from a11i_cli.layout import Column, align, kept_columns

COLUMNS = (Column("id"), Column("name", flexible=True), Column("count", right=True), Column("models", optional=True))
ROWS = [
    [Text("a"), Text("a name that is rather long for a narrow terminal"), Text("7"), Text("gpt-4o")],
    [Text("bb"), Text("short"), Text("1,234"), Text("")],
]


def lines(width: int | None) -> list[str]:
    return [line.plain.rstrip() for line in align(COLUMNS, ROWS, width)]


def test_without_a_bound_nothing_is_cut() -> None:
    assert lines(None) == [
        "id  name                                              count  models",
        "a   a name that is rather long for a narrow terminal      7  gpt-4o",
        "bb  short                                             1,234",
    ]


def test_names_are_cut_before_anything_is_left_out() -> None:
    assert lines(50) == [
        "id  name                             count  models",
        "a   a name that is rather long for…      7  gpt-4o",
        "bb  short                            1,234",
    ]


def test_optional_columns_are_left_out_before_a_name_says_nothing() -> None:
    assert lines(36) == [
        "id  name                       count",
        "a   a name that is rather lo…      7",
        "bb  short                      1,234",
    ]


def test_flexible_columns_share_what_room_there_is() -> None:
    columns = (Column("one", flexible=True), Column("two", flexible=True), Column("three"))
    rows = [[Text("a" * 60), Text("b" * 24), Text("c" * 5)]]
    widths = [[len(cell) for cell in line.plain.split()] for line in align(columns, rows, 70)[1:]]
    assert widths == [[37, 24, 5]]
    assert [len(line.plain) for line in align(columns, rows, 30)] == [30, 30]


def test_what_is_left_out_is_told() -> None:
    assert [column.title for column in kept_columns(COLUMNS, ROWS, 36)] == ["id", "name", "count"]
    assert len(kept_columns(COLUMNS, ROWS, None)) == 4


def test_an_id_is_never_cut() -> None:
    assert lines(5)[2].startswith("bb  short")


def test_names_give_up_all_but_a_few_letters_in_the_end() -> None:
    assert lines(24) == [
        "id  name           count",
        "a   a name that …      7",
        "bb  short          1,234",
    ]
