"""Keys that become equal by redaction stay apart, so that no value is lost."""

import json

from hypothesis import given
from hypothesis import strategies as st

from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.distinct_keys import told_apart
from tests.unit.redaction.redaction_kit import ScriptedModel, batch, column, redactor_with


@given(st.lists(st.tuples(st.sampled_from(["<E>", "<E> (2)", "<F>", "a"]), st.booleans()), max_size=12))
def test_changed_keys_differ_from_all_others_and_the_others_stay(keys: list[tuple[str, bool]]) -> None:
    names, changed = [name for name, _ in keys], [new for _, new in keys]
    apart = told_apart(names, changed)
    for index, (name, new) in enumerate(keys):
        assert apart[index].startswith(name)
        assert new or apart[index] == name
        assert not new or apart.count(apart[index]) == 1
    assert told_apart(apart, [False] * len(apart)) == apart


def test_an_object_keeps_the_values_of_keys_that_become_one(patterns: PatternDetector) -> None:
    redactor = redactor_with(patterns, ScriptedModel({}))
    text = '{"Ann@x.com": 1, "b": {"ann@x.com": "{}"}, "ann@x.com" : 2, "ANN@x.com":3, "bob@x.com": [{"k": 4}]}'
    [redacted] = redactor.redact_texts([text], "t")
    assert list(json.loads(redacted.text).values())[2:] == [2, 3, [{"k": 4}]]
    keys = list(json.loads(redacted.text))
    assert len(keys) == 5
    assert keys[2:4] == [f"{keys[0]} (2)", f"{keys[0]} (3)"]
    assert list(json.loads(redacted.text)["b"]) == [keys[0]]
    assert redactor.redact_texts([redacted.text], "t")[0].text == redacted.text


def test_a_row_keeps_the_attributes_of_keys_that_become_one(patterns: PatternDetector) -> None:
    redactor = redactor_with(patterns, ScriptedModel({}))
    rows = [[("Ann@x.com", "1"), ("k", "2"), ("ann@x.com", "3")], [("ann@x.com", "4")], [("k", "5")]]
    redacted = redactor.redact_batch(batch(3, attr_string=rows))
    first, second, third = column(redacted, "attr_string")
    key = second[0][0]
    assert key.startswith("<EMAIL_ADDRESS_")
    assert sorted(first) == sorted([(key, "1"), ("k", "2"), (f"{key} (2)", "3")])
    assert third == [("k", "5")]
    assert column(redactor.redact_batch(redacted), "attr_string") == [first, second, third]
