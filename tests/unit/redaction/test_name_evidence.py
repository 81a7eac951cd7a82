"""Names that texts give away without the language model, and near misses of each shape that stay."""

# ruff: noqa: RUF001  (names in scripts of their own)
import time

import pytest

from a11i_redaction.detectors.budget import Budget
from a11i_redaction.detectors.gazetteer import folded, gazetteer
from a11i_redaction.detectors.name_evidence import Evidence
from a11i_redaction.detectors.name_runs import CANDIDATE, is_code
from a11i_redaction.detectors.names import NameDetector
from a11i_redaction.findings import merge
from a11i_redaction.policy.entities import MODEL_ENTITIES
from tests.unit.redaction.redaction_kit import ScriptedModel


def _names(text: str, key: str = "") -> list[str]:
    budget = Budget(60.0)
    budget.begin()
    found = Evidence(gazetteer()).find(text, key, list(CANDIDATE.finditer(text)), budget)
    return [text[item.start : item.end] for item in merge(item for item in found if item.entity == "PERSON")]


FOUND = {
    "lists": ("we asked Marta Hernandez about it", ["Marta Hernandez"]),
    "particle": ("we asked Pieter van der Berg about it", ["Pieter van der Berg"]),
    "initial": ("signed by R. Hernandez today", ["R. Hernandez"]),
    "genitive": ("it is Marta Hernandez's order", ["Marta Hernandez"]),
    "first names": ("so Marta and Pieter can come", ["Marta", "Pieter"]),
    "syllables": ("then Seung-ho left", ["Seung-ho"]),
    "reversed": ("the file of Hernandez, Marta was lost", ["Hernandez, Marta"]),
    "reversed label": ("Applicant: Quillick, Marta\n", ["Quillick, Marta"]),
    "capitals": ("THE OWNER IS MARTA HERNANDEZ, SHE SAID", ["MARTA HERNANDEZ"]),
    "title": ("see Dr. Quillick about it", ["Quillick"]),
    "introduction": ("Hello, my name is Zorvan Quillick.", ["Zorvan Quillick"]),
    "lower case": ("hi, my name is zorvan quillick and i wait", ["zorvan quillick"]),
    "greeting": ("Hi Zorvan,\nit came", ["Zorvan"]),
    "signature": ("it works.\n\nBest regards,\nZorvan Quillick\n", ["Zorvan Quillick"]),
    "label": ("full name (Zorvan Quillick), age", ["Zorvan Quillick"]),
    "quoted label": ("{'id': 7, 'name': 'Zorvan Quillick'}", ["Zorvan Quillick"]),
    "assignment": ('card=1 name="Zorvan Quillick" order=7', ["Zorvan Quillick"]),
    "to-do": ("# TODO(marta): remove", ["marta"]),
    "home": (r"C:\Users\marta\notes.txt", ["marta"]),
    "device": ("lease for martas-laptop", ["marta"]),
    "e-mail": ("Zorvan Quillick, z.quillick@example.org", ["Zorvan Quillick"]),
    "handle": ("@Marta did you see it", ["Marta"]),
    "German": ("Hallo, mein Name ist Zorvan Quillick.", ["Zorvan Quillick"]),
    "Spanish": ("Hola, me llamo Zorvan Quillick.", ["Zorvan Quillick"]),
    "Turkish": ("Merhaba, ben Zorvan Quillick.", ["Zorvan Quillick"]),
    "Russian": ("Меня зовут Дмитрий Соколов.", ["Дмитрий Соколов"]),
    "Greek": ("Το όνομά μου είναι Γιώργος Παππάς.", ["Γιώργος Παππάς"]),
    "Chinese": ("我叫王小明，你好", ["王小明"]),
    "Japanese": ("私の名前は佐藤健一です。", ["佐藤健一"]),
    "Korean": ("제 이름은 김영수이고", ["김영수"]),
    "Arabic": ("اسمي أحمد حسن ورقم", ["أحمد حسن"]),
    "Hebrew": ("שמי דוד כהן, שלום", ["דוד כהן"]),
    "Hindi": ("मेरा नाम अमित सिंह है", ["अमित सिंह"]),
    "Thai": ("ผมชื่อ สมศักดิ์ ทองดี โทร", ["สมศักดิ์ ทองดี"]),
}


@pytest.mark.parametrize(("text", "names"), FOUND.values(), ids=FOUND)
def test_finds_names(text: str, names: list[str]) -> None:
    assert _names(text) == names


TABLES = {
    "CSV": ("id,name,age\n7,Zorvan Quillick,33\n8,Marta Hernandez,41", ["Zorvan Quillick", "Marta Hernandez"]),
    "two columns": ("surname;first name;n\nQuillick;Zorvan;1", ["Quillick", "Zorvan"]),
    "quoted": ('id,customer\n1,"Quillick, Zorvan"', ["Quillick, Zorvan"]),
    "Markdown": ("| Owner | n |\n|---|---|\n| Zorvan Quillick | 1 |", ["Zorvan Quillick"]),
    "spaces": ("Employee          Desk\nZorvan Quillick   44", ["Zorvan Quillick"]),
    "HTML": ("<tr><td>Marta Quillick</td><td>1</td></tr>", ["Marta Quillick"]),
    "other header": ("host,region,image\nQuillick Zorvan,Eu,Nginx", []),
    "short row": ("id,name,age\njust words", []),
    "role": ("id,owner\n7,Platform Team\n8,-", []),
}


@pytest.mark.parametrize(("text", "names"), TABLES.values(), ids=TABLES)
def test_finds_names_in_tables(text: str, names: list[str]) -> None:
    assert _names(text) == names


@pytest.mark.parametrize(
    ("key", "value", "taken"),
    [
        ("first", "Zorvan", True),
        ("last", "Quillick", True),
        ("owner", "Zorvan Quillick", True),
        ("owner", "Platform Team", False),
        ("owner", "root", False),
        ("tool_name", "Zorvan Quillick", False),
        ("first", "2026-11-21", False),
        ("author", "OrderHandler", False),
        ("user", "https://example.org/Zorvan", False),
    ],
)
def test_keys_say_what_stands_under_them(key: str, value: str, taken: bool) -> None:
    assert _names(value, key) == ([value] if taken else [])


NEAR_MISSES = [
    "Upgrade Raspberry Pi 5 and Visual Studio Code on Ubuntu.",
    "The job ran in April, May and June; the next is in August.",
    "class JohnsonAlgorithm(DijkstraRouter): pass",
    "## Getting Started\n\nQuick Start Guide",
    "Hi there, hello World, dear Customer, hi Team!",
    "We flew from Paris to Florence, then to Austin, Texas.",
    "Apache Kafka, Jenkins, Cassandra and Julia run here.",
    "Guten Tag,\n\nIhre Rechnung ist offen. Mit freundlichen Grüßen",
    "it took 12 ms Started again",
    "thanks\n- Connection Timeouts\n- Streaming Downloads",
    "A CPython extension. A Nutshell.",
    "@Override public void run()",
    "this is fine, my name is not shown",
    "TODO(ci): build it; USER=root; /" + "home/app/run",
    "Unique Entity Number, Date of Birth, Social Security Number",
    "请问我的订单在哪里？患者高血压",
    "고객님, 안녕하세요. 저는 학생입니다.",
    "คุณสามารถทำได้",
    "फ़ाइल का नाम क्या है",
]


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_leaves_near_misses(text: str) -> None:
    assert _names(text) == []


@pytest.mark.parametrize(
    ("word", "is_one"), [("OrderHandler", True), ("McDonald", False), ("O'Neill", False), ("iOS", True)]
)
def test_tells_code_from_names(word: str, is_one: bool) -> None:
    assert is_code(word) is is_one


def test_lists_know_names_whatever_their_case_and_accents() -> None:
    names = gazetteer()
    assert all(names.is_given(word) for word in ("José", "JOSE", "jose\u0301"))
    assert folded("Müller") == folded("MULLER")
    assert not names.is_given("Kubernetes")
    assert not names.alone("Paris")


def test_what_the_lists_know_is_not_shown_to_the_model() -> None:
    windows: dict[str, list[tuple[int, int, str, float]]] = {}
    detector = NameDetector(ScriptedModel({}), MODEL_ENTITIES, 1_000)
    detector.find([("we asked Marta Hernandez about it", ""), ("we asked Zorvan about it", "")], windows)
    assert list(windows) == ["we asked Zorvan about it"]


def test_a_person_that_the_model_takes_for_a_firm_is_a_person_too() -> None:
    model = ScriptedModel({"Zorvan Hernandez": "ORGANIZATION"})
    found = NameDetector(model, frozenset({"PERSON"}), 1_000).find([("so Zorvan Hernandez came late", "")], {})[0]
    assert {item.entity for item in found} == {"PERSON"}


@pytest.mark.parametrize(
    "piece",
    [
        "Ab ",
        "Hernandez, Marta ",
        "12 Maple ",
        "a@",
        "my name is ",
        "| a ",
        '"',
        "Ltd & ",
        "李",
        "אב ",
        "1-",
        "name=",
        "A. ",
    ],
)
def test_long_texts_take_time_in_proportion(piece: str) -> None:
    detector = NameDetector(ScriptedModel({}), MODEL_ENTITIES, 10**9)

    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        took = []
        for _ in range(3):
            began = time.thread_time()
            detector.find([(text, "")], {})
            took.append(time.thread_time() - began)
        return min(took)

    # Eight times the text: a square would be 64 times the time.
    assert seconds(64_000) < 24 * seconds(8_000) + 0.1
