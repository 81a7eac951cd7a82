"""Secrets in tables, told by the header of their column."""

import pytest

from a11i_redaction.detectors.patterns import PatternDetector

VALUES = ("S3cr3tPw99x", "hunter2!x")


@pytest.mark.parametrize(
    "table",
    [
        "user,password,role\nbob,{},admin\namy,{},dev\n",
        '"user","password"\r\n"bob","{}"\r\n"amy","{}"\r\n',
        "user;db_password;role\nbob;{};admin\namy;{};dev",
        "user\tPassword\nbob\t{}\namy\t{}\n",
        "| user | `password` | role |\n|---|---|---|\n| bob | `{}` | admin |\n| amy | **{}** | dev |",
        "user  password     role\nbob   {}  admin\namy   {}    dev\n",
        "INSERT INTO users (name, password) VALUES ('bob', '{}'), ('amy', '{}');",
        "<table><tr><th>user</th><th>password</th></tr><tr><td>bob</td><td>{}</td></tr>"
        "<tr><td>amy</td><td>{}</td></tr></table>",
    ],
)
def test_all_cells_below_a_telling_header_are_taken_whole(table: str, patterns: PatternDetector) -> None:
    text = table.format(*VALUES)
    assert _secrets(text, patterns) == set(VALUES)


def test_digits_below_the_header_of_a_code_are_taken(patterns: PatternDetector) -> None:
    assert _secrets("name;pin;floor\nbob;4821;3\namy;0391;4\n", patterns) == {"4821", "0391"}


@pytest.mark.parametrize(
    "table",
    [
        "step,tokens,cost\n1,1200,0.1\n2,3400,0.2\n",
        "field,token,count\nname,12,13\nage,14,15\n",
        "type,secret,note\nopaque,none,empty\n",
        "country,code,capital\nNorway,NO,Oslo\nFrance,FR,Paris\n",
        "    pass\n  elif seg == '.':\n",
        "\tpass\n\telif seg == '.':\n",
        "    import pwd\n    return pwd.getpwuid(os.getuid())[0]\n",
        "user,password,role\nbob,********,admin\namy,<hidden>,dev\n",
    ],
)
def test_what_cannot_be_a_secret_stays(table: str, patterns: PatternDetector) -> None:
    assert _secrets(table, patterns) == set()


def _secrets(text: str, patterns: PatternDetector) -> set[str]:
    return {text[found.start : found.end] for found in patterns.find(text, "") if found.entity == "SECRET"}
