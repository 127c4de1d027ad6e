"""Of nested values lands what was listed, as much of it as was allowed."""

import pytest

from dagster_project.contracts.column_types import parse_column_type
from dagster_project.contracts.source_shape import Shape
from dagster_project.contracts.sources import Column
from dagster_project.landing.reasons import RefusedValueError
from dagster_project.landing.strict_types import Converters, UndeclaredKeys


def convert(data_type: str, value: object, undeclared: UndeclaredKeys | None = None, **shape):
    converters = Converters(None, undeclared or UndeclaredKeys(), Shape(**shape))
    return converters.build(parse_column_type(data_type), "c")(value)


def test_json_text_is_read_only_where_it_is_declared() -> None:
    kind, text = "struct(a bigint)", '{"a": 1, "b": "words"}'
    undeclared = UndeclaredKeys()
    assert convert(kind, text, undeclared, nested_text=True) == {"a": 1}
    assert undeclared.counts == {"c.b": 1}
    with pytest.raises(RefusedValueError, match="struct declared, text found"):
        convert(kind, text)


@pytest.mark.parametrize("text", ["{", '{"a": 1, "a": 2}', '{"a": "1"}', "[1]", "words"])
def test_json_text_is_as_strict_as_json(text) -> None:
    with pytest.raises(RefusedValueError):
        convert("struct(a bigint)", text, nested_text=True)


def test_empty_text_holds_no_object_and_plain_text_stays_text() -> None:
    assert convert("bigint[]", "", nested_text=True) is None
    assert convert("json", "words", nested_text=True) == '"words"'
    assert convert("json", "[1, 2]", nested_text=True) == "[1,2]"


def test_prefixes_cut_at_every_depth() -> None:
    assert convert(
        "struct(t varchar)[]", [{"t": "abcdef"}, {"t": None}], prefixes=(("c.t", 3),)
    ) == [
        {"t": "abc"},
        {"t": None},
    ]


def test_keys_are_chosen_at_every_depth_and_the_others_are_named() -> None:
    undeclared = UndeclaredKeys()
    value = {"scores": {"m": {"value": 1, "why": "words"}}, "input": "words"}
    keys = (("c", ("scores",)), ("c.scores.*", ("value",)))
    assert convert("json", value, undeclared, keys=keys) == '{"scores":{"m":{"value":1}}}'
    assert undeclared.counts == {"c.scores.m.why": 1, "c.input": 1}


def test_text_where_members_were_listed_stays_out() -> None:
    undeclared = UndeclaredKeys()
    keys = (("c", ("a",)), ("c.a", ("b",)))
    assert convert("json", "words", undeclared, keys=keys) is None
    assert convert("json", {"a": "words"}, undeclared, keys=keys) == '{"a":null}'
    assert convert("json", [{"a": {"b": 1, "c": 2}}], undeclared, keys=keys) == '[{"a":{"b":1}}]'
    assert undeclared.counts == {"c": 1, "c.a": 1, "c.a.c": 1}


def test_rules_hold_in_files_of_many_lines_that_are_alike(desk) -> None:
    columns = (
        *(Column("id", "varchar"), Column("at", "timestamptz"), Column("note", "varchar")),
        *(Column("j", "json"), Column("s", "struct(a bigint)")),
    )
    shape = Shape(nested_text=True, prefixes=(("note", 3),), keys=(("j", ("a",)),))
    desk.declare(columns=columns, shape=shape)
    line = (
        '{"id":"%d","at":"2026-01-02T03:04:05Z","note":"private words",'
        '"j":"{\\"a\\":1,\\"b\\":2}","s":"{\\"a\\":%d}"}\n'
    )
    plain = '{"id":"x%d","at":"2026-01-02T03:04:05Z","note":"private words","j":"private"}\n'
    text = "".join(line % (n, n) + plain % n for n in range(400))
    desk.drop("events.jsonl", text.encode())
    assert desk.land_one().landed_count == 800
    rows = desk.rows()
    assert {row["note"] for row in rows} == {"pri"}
    assert {row["j"] for row in rows} == {'{"a":1}', None}
    assert {row["s"]["a"] for row in rows if row["s"]} == set(range(400))


def test_a_column_without_a_rule_may_be_read_as_it_is_written() -> None:
    shape = Shape(prefixes=(("note", 3),), keys=(("j.x", ("a",)),))
    assert [shape.speaks_of(name) for name in ("note", "j", "x", "not")] == [
        True,
        True,
        False,
        False,
    ]
    assert Shape(nested_text=True).speaks_of("x")
    assert not Shape().speaks_of("x")
