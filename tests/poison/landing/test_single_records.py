"""Documents that are one record: an object under the path, and nothing else."""

import pytest

from dagster_project.contracts.sources import Column


@pytest.fixture
def document(desk):
    columns = (Column("id", "varchar"), Column("n", "bigint"))
    desk.declare(
        format="json",
        record_path="trace",
        single_record=True,
        timestamp=None,
        undated=True,
        columns=columns,
    )
    return desk


def test_the_object_is_the_only_record(document) -> None:
    document.drop("t.json", b'{"trace": {"id": "a", "n": 1}, "observations": [{"id": "b"}]}')
    report = document.land_one()
    assert (report.unit_count, report.landed_count) == (1, 1)


def test_an_object_of_a_wrong_type_is_quarantined(document) -> None:
    document.drop("t.json", b'{"trace": {"id": "a", "n": "1"}}')
    assert document.land_one().quarantine_reasons == {"wrong_type": 1}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"trace": [{"id": "a"}]}', "record_path_missing"),
        (b'{"observations": []}', "record_path_missing"),
        (b'{"trace": null}', "record_path_missing"),
        (b'{"trace": {"id": "a"}, "trace": {"id": "b"}}', "ambiguous_document"),
        (b'{"trace": {"id": "a", "id": "b"}}', "ambiguous_document"),
        (b'{"trace": {"id": "a"}', "invalid_document"),
    ],
)
def test_without_one_object_nothing_lands(document, content, reason) -> None:
    document.drop("t.json", content)
    report = document.land_one()
    assert (report.status, report.reason) == ("unaccountable", reason)


def test_an_object_where_records_were_declared_is_none(document) -> None:
    document.declare(single_record=False)
    document.drop("t.json", b'{"trace": {"id": "a"}}')
    assert document.land_one().reason == "record_path_missing"
