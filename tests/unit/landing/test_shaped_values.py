"""Of nested values lands what was listed, as much of it as was allowed."""

import json

import pytest
from company import pseudonyms

from dagster_project.contracts.column_types import ColumnType, parse_column_type
from dagster_project.contracts.source_shape import Shape
from dagster_project.contracts.sources import Column
from dagster_project.landing.pseudonyms import UnprotectedError
from dagster_project.landing.reasons import RefusedValueError
from dagster_project.landing.strict_types import Converters
from dagster_project.landing.undeclared import UndeclaredKeys


def convert(data_type: str, value: object, undeclared: UndeclaredKeys | None = None, **shape):
    converters = Converters(None, undeclared or UndeclaredKeys(), Shape(**shape), "psn:{}".format)
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


def test_persons_inside_a_column_become_pseudonyms_at_every_depth() -> None:
    shape = {"keys": (("c", ("penstock.*", "by")),), "persons": ("c.by",)}
    value = {"penstock.subject.id": "Ann", "by": ["Bob", 7, None], "penstock.action": "Ann"}
    assert json.loads(convert("json", value, **shape)) == {
        "penstock.subject.id": "psn:Ann",
        "by": ["psn:Bob", "psn:7", None],
        "penstock.action": "Ann",
    }
    # written as JSON text, it is the same name
    assert convert("json", {"by": '"Bob"'}, **shape) == '{"by":"psn:Bob"}'
    assert convert("json", {"by": '"\\ud800"'}, **shape) == '{"by":"psn:\\"\\\\ud800\\""}'
    assert convert("struct(who varchar)[]", [{"who": "Bob"}, {}], persons=("c.who",)) == [
        {"who": "psn:Bob"},
        {"who": None},
    ]


@pytest.mark.parametrize("name", [True, 1.5, {"first": "Ann"}, "A\0nn"])
def test_what_cannot_be_a_name_is_refused_where_a_person_is_named(name) -> None:
    with pytest.raises(RefusedValueError):
        convert("json", {"subject_id": name}, keys=(("c", ("subject_id",)),))


def test_without_a_key_no_person_lands() -> None:
    shape = Shape(keys=(("c", ("*",)),))
    assert shape.names_persons
    converter = Converters(None, UndeclaredKeys(), shape).build(ColumnType("json"), "c")
    with pytest.raises(UnprotectedError):
        converter({"reviewer_id": "Ann"})


def test_persons_of_files_land_under_the_installations_key(desk) -> None:
    columns = (Column("id", "varchar"), Column("at", "timestamptz"), Column("j", "json"))
    desk.declare(columns=columns, shape=Shape(keys=(("j", ("penstock.*",)),)))
    row = '{"id":"1","at":"2026-01-02T03:04:05Z","j":{"penstock.review.reviewer":"Ann"}}\n'
    desk.drop("events.jsonl", row.encode() * 100)
    assert desk.land_one().landed_count == 100
    made = pseudonyms(desk.project)
    assert {row["j"] for row in desk.rows()} == {
        json.dumps({"penstock.review.reviewer": made.of("Ann")}, separators=(",", ":"))
    }
    assert desk.entries()[0]["pseudonym_key"] == made.key_id


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
