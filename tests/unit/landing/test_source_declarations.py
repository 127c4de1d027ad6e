"""Each wrong declaration is refused with source, key and fix."""

import copy
import json
from dataclasses import replace

import pytest
from landing_world import LINES, empty_desk, lines

from dagster_project.contracts.source_query import Query
from dagster_project.contracts.sources import Column, SourceError, load_sources
from dagster_project.landing.land import land

NODE = {
    "resource_type": "source",
    "source_name": "desk",
    "name": "events",
    "identifier": "desk__events",
    "config": {
        "meta": {
            "penstock": {
                "format": "json",
                "location": "data/*.json.gz",
                "record_path": "run.items",
                "key": "id",
                "timestamp": "at",
                "timezone": "Europe/Berlin",
                "updates": {"version": "n"},
            }
        }
    },
    "columns": {
        "id": {"name": "id", "data_type": "varchar"},
        "at": {"name": "at", "data_type": "timestamptz"},
        "n": {"name": "n", "data_type": "bigint", "meta": {"penstock": {"from": "envelope"}}},
        "s": {"name": "s", "data_type": "struct(a decimal(9,2), b json[])[]"},
    },
}


def load(tmp_path, node):
    path = tmp_path / "manifest.json"
    other = {"resource_type": "source", "source_name": "x", "name": "y", "meta": {}}
    path.write_text(json.dumps({"nodes": {}, "sources": {"a": node, "b": other}}))
    return load_sources(path)


def test_a_declaration_is_read_and_other_sources_are_left_alone(tmp_path):
    (table,) = load(tmp_path, NODE)
    assert (table.relation, table.format, table.record_path) == (
        "desk__events",
        "json",
        "run.items",
    )
    assert (table.key, table.timestamp, table.timezone) == ("id", "at", "Europe/Berlin")
    assert (table.updates, table.undated) == ("n", False)
    assert table.columns[2] == Column("n", "bigint", from_envelope=True)
    assert table.columns[3] == Column("s", "struct(a decimal(9,2), b json[])[]")


def test_meta_may_stand_on_the_node_itself(tmp_path):
    node = copy.deepcopy(NODE)
    node["meta"] = node.pop("config")["meta"]
    assert load(tmp_path, node)[0].key == "id"


META_ERRORS = [
    ("format", "xml", "unknown format 'xml'"),
    ("format", None, "format: missing"),
    ("location", "/etc/passwd", "leaves the project folder"),
    ("location", "data/../../x", "leaves the project folder"),
    ("location", "data/**.jsonl", "** must stand alone"),
    ("location", "~/data", "no path below the project folder"),
    ("location", None, "location: missing"),
    ("record_path", "a..b", "record_path: must be keys"),
    ("identity", "id", "identity: must be a list"),
    ("identity", [], "identity: must be a list"),
    ("identity", ["id", "absent"], "'absent' is no declared column"),
    ("identity", [["id"]], "is no declared column"),
    ("key", "absent", "'absent' is no declared column"),
    ("key", None, "key: missing"),
    ("timestamp", None, "timestamp: missing"),
    ("timestamp", "absent", "'absent' is no declared column"),
    ("undated", True, "contradicts timestamp"),
    ("undated", "yes", "undated: must be true or false"),
    ("timezone", "Mars/Base", "unknown zone 'Mars/Base'"),
    ("timezone", "../UTC", "unknown zone"),
    ("updates", "always", "updates: must be"),
    ("updates", {"version": "absent"}, "updates: must be"),
    ("updates", {"version": "id"}, "id must be a whole number, a decimal or a timestamptz"),
    ("fromat", "jsonl", "fromat: unknown key"),
    ("single_record", 1, "single_record: must be true or false"),
    ("nested_text", "yes", "nested_text: must be true or false"),
    ("prefixes", ["id"], "prefixes: must map"),
    ("prefixes", {"idd": 5}, "prefixes.idd: no varchar of that path"),
    ("prefixes", {"n": 5}, "prefixes.n: no varchar of that path"),
    ("prefixes", {"id": 0}, "prefixes.id: must be a number of characters"),
    ("keys", {"s.a": ["x"]}, "keys.s.a: no json of that path"),
    ("persons", "s.c", "persons: must be a list of paths"),
    ("persons", ["id"], "persons: id is a column; write `pseudonym: true` there"),
    ("persons", ["s.a"], "persons: no varchar or member of a json of the path s.a"),
    ("persons", ["s.b"], "persons: no varchar or member of a json of the path s.b"),
    ("keys", {"s.b": []}, "keys.s.b: must be a list of names"),
    ("keys", {"s.b": ["a b"]}, "keys.s.b: must be a list of names"),
]


@pytest.mark.parametrize(("key", "value", "message"), META_ERRORS)
def test_a_wrong_key_is_named_with_its_source(tmp_path, key, value, message):
    node = copy.deepcopy(NODE)
    node["config"]["meta"]["penstock"][key] = value
    with pytest.raises(SourceError, match=r"source desk\.events") as caught:
        load(tmp_path, node)
    assert message in str(caught.value)


COLUMN_ERRORS = [
    ({"data_type": "vachar"}, "DuckDB does not know 'vachar'"),
    ({"data_type": "struct(a"}, "DuckDB does not know"),
    ({"data_type": None}, "data_type: missing"),
    ({"data_type": "timestamp"}, "use timestamptz"),
    ({"data_type": "struct(a timestamp[])"}, "use timestamptz"),
    ({"data_type": "hugeint"}, "use decimal(38,0)"),
    ({"data_type": "map(varchar, bigint)"}, "use json"),
    ({"data_type": "bigint[3]"}, "use a list"),
    ({"data_type": "blob"}, "use varchar"),
    ({"name": "_place"}, "belongs to landing"),
    ({"name": "ID"}, "declared twice"),
    ({"meta": {"penstock": {"from": "moon"}}}, "only `from: envelope`"),
]


@pytest.mark.parametrize(("change", "message"), COLUMN_ERRORS)
def test_a_wrong_column_is_named(tmp_path, change, message):
    node = copy.deepcopy(NODE)
    node["columns"]["s"] |= change
    with pytest.raises(SourceError, match=r"source desk\.events: columns\.") as caught:
        load(tmp_path, node)
    assert message in str(caught.value)


NODE_ERRORS = [
    ({"identifier": "events"}, "identifier: must be desk__events"),
    ({"source_name": "Desk"}, "lower_snake_case"),
    ({"name": "a__b"}, "lower_snake_case"),
    ({"columns": {}}, "columns: none declared"),
]


@pytest.mark.parametrize(("change", "message"), NODE_ERRORS)
def test_a_wrong_node_is_named(tmp_path, change, message):
    with pytest.raises(SourceError) as caught:
        load(tmp_path, NODE | change)
    assert message in str(caught.value)


def test_what_may_land_of_nested_values_is_read(tmp_path):
    node = copy.deepcopy(NODE)
    keys = {"s.b": ["a.*", "b"], "s.b.b": ["*"]}
    node["config"]["meta"]["penstock"] |= {"prefixes": {"id": 3}, "keys": keys}
    shape = load(tmp_path, node)[0].shape
    assert shape.prefix("id") == 3
    assert [bool(shape.key_filter("s.b")(name)) for name in ("a.x", "b", "a", "bb")] == [1, 1, 0, 0]


def test_telemetry_names_the_attributes_that_may_land(tmp_path):
    node = copy.deepcopy(NODE)
    node["config"]["meta"]["penstock"] |= {"format": "otlp", "record_path": None}
    del node["columns"]["n"]["meta"]
    with pytest.raises(SourceError, match=r"keys\.s\.b: missing"):
        load(tmp_path, node)
    node["config"]["meta"]["penstock"]["keys"] = {"s.b": ["a"]}
    assert load(tmp_path, node)[0].format == "otlp"


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_only_documents_have_a_record_path_and_an_envelope(tmp_path, kind):
    node = copy.deepcopy(NODE)
    node["config"]["meta"]["penstock"]["format"] = kind
    with pytest.raises(SourceError, match="has no envelope"):
        load(tmp_path, node)
    del node["columns"]["n"]["meta"]
    with pytest.raises(SourceError, match="record_path: format"):
        load(tmp_path, node)


def test_a_missing_or_broken_manifest_says_what_to_run(tmp_path):
    with pytest.raises(SourceError, match="run `dbt parse`"):
        load_sources(tmp_path / "manifest.json")
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(SourceError, match="run `dbt parse`"):
        load_sources(tmp_path / "manifest.json")


QUERY_ERRORS = [
    ({"connection": "postgresql://boss:hunter2@host/db"}, "connection: name the environment"),
    ({"connection": None}, "connection: name the environment"),
    ({"location": "kpi.monthly; drop table x"}, "is no lower-case"),
    ({"location": 'kpi."monthly"'}, "is no lower-case"),
    ({"location": "a.b.c"}, "is no lower-case"),
    ({"location": None}, "location: name a table or view"),
    ({"query": "select 1"}, "location: name a table or view"),
    ({"location": None, "query": "select 1; select 2"}, "query: must be one SELECT"),
    ({"location": None, "query": "delete from x"}, "query: must be one SELECT"),
    ({"format": "csv"}, "connection: only format postgres"),
]


def query_node(**changes):
    node = copy.deepcopy(NODE)
    meta = {"format": "postgres", "connection": "KPI_DATABASE", "location": "kpi.monthly"}
    meta |= {"key": "id", "timestamp": "at"} | changes
    given = {key: value for key, value in meta.items() if value is not None}
    node["config"]["meta"]["penstock"] = given
    node["columns"]["n"].pop("meta")
    return node


def test_a_database_table_is_declared_by_the_variable_that_holds_the_connection(tmp_path):
    (table,) = load(tmp_path, query_node())
    assert (table.location, table.query) == ("", Query("KPI_DATABASE", "kpi.monthly", ""))
    assert table.query.name == "postgres:KPI_DATABASE:kpi.monthly"
    (table,) = load(tmp_path, query_node(location=None, query=" SELECT 1 "))
    assert (table.query.text, table.query.name) == ("SELECT 1", "postgres:KPI_DATABASE:query")


@pytest.mark.parametrize(("changes", "problem"), QUERY_ERRORS)
def test_a_wrong_query_is_refused_and_no_connection_string_repeated(tmp_path, changes, problem):
    with pytest.raises(SourceError, match=r"source desk\.events: ") as caught:
        load(tmp_path, query_node(**changes))
    assert problem in str(caught.value)
    assert "hunter2" not in str(caught.value)


def column_node(name, data_type, meta=None):
    node = copy.deepcopy(NODE)
    node["columns"][name] = {"name": name, "data_type": data_type}
    if meta is not None:
        node["columns"][name]["config"] = {"meta": {"penstock": meta}}
    return node


@pytest.mark.parametrize(
    ("name", "meta", "flags"),
    [
        ("subject_id", None, {"pseudonym"}),
        ("reviewer_id", None, {"pseudonym"}),
        ("requester", {"pseudonym": True}, {"pseudonym"}),
        ("requester", {"pseudonym": True, "from": "envelope"}, {"pseudonym", "from_envelope"}),
        ("decision_id", None, {"decision"}),
        ("trace_id", {"decision": True}, {"decision"}),
        ("fallback_reason", None, {"free"}),
        ("remark", {"free": True}, {"free"}),
        ("requester", None, set()),
    ],
)
def test_a_column_says_whom_it_names(tmp_path, name, meta, flags):
    (table,) = load(tmp_path, column_node(name, "varchar", meta))
    assert table.columns[-1] == Column(name, "varchar", **dict.fromkeys(flags, True))
    assert (name in table.persons) == ("pseudonym" in flags)


@pytest.mark.parametrize(
    ("name", "data_type", "meta", "problem"),
    [
        ("subject_id", "struct(a varchar)", None, "declare it varchar or a whole number"),
        ("requester", "double", {"pseudonym": True}, "declare it varchar or a whole number"),
        ("decision_id", "bigint", None, "names a decision: declare it varchar"),
        ("requester", "varchar", {"pseudonym": False}, "pseudonym must be true, or absent"),
        ("requester", "varchar", {"pseudonim": True}, "unknown key pseudonim"),
        ("requester", "varchar", ["pseudonym"], "only `from: envelope` is known"),
    ],
)
def test_a_column_that_cannot_be_protected_is_refused(tmp_path, name, data_type, meta, problem):
    with pytest.raises(SourceError, match=rf"desk\.events: columns\.{name}") as caught:
        load(tmp_path, column_node(name, data_type, meta))
    assert problem in str(caught.value)


def test_a_database_without_its_variable_is_refused_before_anything_lands(tmp_path, monkeypatch):
    """Else the books would hold an entry that only that database can take away again."""
    desk = empty_desk(tmp_path, monkeypatch, LINES)
    desk.drop("a.jsonl", lines(1))
    asked = replace(LINES, table="kpis", format="postgres", query=Query("KPI_DATABASE", "kpi", ""))
    for unset in (None, "", "  "):
        monkeypatch.delenv("KPI_DATABASE", raising=False)
        if unset is not None:
            monkeypatch.setenv("KPI_DATABASE", unset)
        with pytest.raises(SourceError, match=r"desk\.kpis.* KPI_DATABASE is not set"):
            land(desk.project, [LINES, asked])
    assert desk.entries() == []
    assert not desk.project.landing.exists()
