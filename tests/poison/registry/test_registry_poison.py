"""One bad registry per rule: exactly that cell turns red, with a fix, and nothing else does."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from dagster_project.contracts.registry import (
    RegistryError,
    require_valid_registry,
    validate_registry,
)
from dagster_project.contracts.registry.schema import Seed
from dagster_project.contracts.registry.tables import SIGN_OFFS, WAIVERS

HERE = Path(__file__).parent
VALID = HERE / "valid"
CRITERIA = HERE.parents[2] / "dbt" / "seeds" / "criteria.csv"


@dataclass(frozen=True)
class Case:
    """``edit`` makes the bad file, None deletes it; ``says`` and ``fix`` are what a user reads.

    ``at``: the file that is named, where it is not the one that was made bad.
    """

    name: str
    seed: str
    edit: Callable[[bytes], bytes] | None
    row: int
    column: str
    says: str
    fix: str
    at: str = ""


def swapped(old: str, new: str) -> Callable[[bytes], bytes]:
    def edit(content: bytes) -> bytes:
        assert content.count(old.encode()) == 1, f"{old!r} is not there exactly once"
        return content.replace(old.encode(), new.encode())

    return edit


def added(line: str) -> Callable[[bytes], bytes]:
    return lambda content: content + line.encode() + b"\n"


def written_cases() -> list[Case]:
    """The cases of ``cases.yaml``."""
    cases = []
    for entry in yaml.safe_load((HERE / "cases.yaml").read_text(encoding="utf-8")):
        edit = None
        if "swap" in entry:
            edit = swapped(*entry.pop("swap"))
        elif "add" in entry:
            edit = added(entry.pop("add"))
        entry.pop("drop", None)
        cases.append(Case(edit=edit, **entry))
    return cases


def people(name: str, edit: Callable[[bytes], bytes], row: int, says: str, fix: str) -> Case:
    return Case(name, "people", edit, row, "", says, fix)


BYTE_CASES = [
    people("empty file", lambda _: b"", 1, "has no header", "write person_id,name,is_active"),
    people("semicolons", lambda c: c.replace(b",", b";"), 1, "commas", "write person_id,name"),
    people("tabs", lambda c: c.replace(b",", b"\t"), 1, "commas", "write person_id,name"),
    people(
        "Latin-1",
        lambda c: c.replace("Ł".encode(), b"\xa3"),
        4,
        "0xa3 is not UTF-8",
        "save as UTF-8",
    ),
    people("UTF-16", lambda c: c.decode().encode("utf-16"), 1, "not UTF-8", "save as UTF-8"),
    people(
        "lone surrogate",
        lambda c: c.replace("Ł".encode(), b"\xed\xa0\x80"),
        4,
        "not UTF-8",
        "save as UTF-8",
    ),
    people("byte order mark", lambda c: b"\xef\xbb\xbf" + c, 1, "byte order", "without BOM"),
    people("a line of 200 kB", lambda c: c + b"p5," + b"x" * 200_000, 6, "CSV", "close the quote"),
    Case(
        "CRLF line ends",
        "people",
        lambda c: c.replace(b"\n", b"\r\n").replace(b"-1+1,false", b"-1+1,no"),
        5,
        "is_active",
        "'no' is neither",
        "write true or false",
    ),
    Case(
        "criterion deleted",
        "criteria",
        lambda c: b"".join(x for x in c.splitlines(True) if b",signed_by_risk," not in x),
        0,
        "criterion_id",
        "'signed_by_risk' of autonomy_fit is missing",
        "restore the row",
    ),
    Case(
        "criterion compared the wrong way round",
        "criteria",
        lambda c: c.replace(b",expectations,at_most,", b",expectations,at_least,"),
        6,
        "comparison",
        "'at_least' is the wrong way round for expectations_met",
        "write at_most",
    ),
    Case(
        "criterion twice",
        "criteria",
        lambda c: c + c.splitlines(True)[1],
        33,
        "criterion_id",
        "'volume_floor' repeats row 2",
        "one row per criterion_id",
    ),
    Case(
        "two criteria left for human_only",
        "criteria",
        lambda c: c.replace(
            b",class,all,,7,false,none (exact),3", b",class,delegate,no,7,false,x,3"
        ).replace(
            b"map,signatures,at_least,1,0.05,class,all,,",
            b"map,signatures,at_least,1,0.05,class,delegate|delegate_with_audit|surface,no,",
        ),
        0,
        "applies_to",
        "autonomy_fit keeps 0 criteria for human_only",
        "at least 2",
    ),
]
CASES = written_cases() + BYTE_CASES


def poisoned(case: Case, folder: Path) -> tuple[Path, Path]:
    """A copy of the valid registry and criteria with the fault of ``case`` in it."""
    root = Path(shutil.copytree(VALID, folder / "company"))
    criteria = folder / "seeds" / CRITERIA.name
    criteria.parent.mkdir()
    shutil.copy(CRITERIA, criteria)
    path = criteria if case.seed == "criteria" else root / f"seeds/registry/{case.seed}.csv"
    if case.edit is None:
        path.unlink()
    else:
        path.write_bytes(case.edit(path.read_bytes()))
    return root, criteria


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.seed}: {case.name}")
def test_a_bad_registry_is_named_by_file_row_column_and_fix(case: Case, tmp_path: Path) -> None:
    problems = validate_registry(*poisoned(case, tmp_path))
    folder = "seeds" if case.seed == "criteria" else "seeds/registry"
    places = [(problem.file, problem.row, problem.column) for problem in problems]
    assert places == [(f"{folder}/{case.at or case.seed}.csv", case.row, case.column)], problems
    assert case.says in problems[0].message
    assert case.fix in problems[0].fix


def test_the_corpus_names_every_seed_and_no_case_twice() -> None:
    names = [(case.seed, case.name) for case in CASES]
    assert len(names) == len(set(names)) >= 120
    assert {case.seed for case in CASES} == {
        path.stem for path in [*(VALID / "seeds/registry").iterdir(), CRITERIA]
    }


@pytest.mark.parametrize("seed", [SIGN_OFFS, WAIVERS], ids=lambda seed: seed.name)
def test_every_column_of_a_signature_and_of_a_waiver_has_a_bad_row(seed: Seed) -> None:
    bad = {case.column for case in CASES if (case.at or case.seed) == seed.name}
    assert bad >= {column.name for column in seed.columns}


def test_the_valid_registry_has_no_problem() -> None:
    assert validate_registry(VALID, CRITERIA) == []
    require_valid_registry(VALID, CRITERIA)


def test_a_class_may_be_renamed_twice(tmp_path: Path) -> None:
    earlier = "procurement.older,procurement.sort,renamed,1,2025-06-01,p1,twice"
    case = Case("", "taxonomy_changes", added(earlier), 0, "", "", "")
    assert validate_registry(*poisoned(case, tmp_path)) == []


def test_every_problem_is_listed_and_the_run_stops(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "owner not a person")
    root, criteria = poisoned(case, tmp_path)
    path = root / "seeds/registry/people.csv"
    path.write_bytes(path.read_bytes().replace(b"true", b"yes"))
    with pytest.raises(RegistryError) as raised:
        require_valid_registry(root, criteria)
    lines = str(raised.value).splitlines()
    assert lines[0] == "the registry has 4 problems:"
    assert len(raised.value.problems) == 4 == len(lines) - 1
    assert (
        "seeds/registry/owners.csv row 5, column person_id: 'p9' is not in people.csv; "
        "add the person or correct the id" in lines
    )
