"""Registered reviewers under their pseudonyms, so that reviews find them without a key."""

import csv
import json
from pathlib import Path

from dagster_project.files import write_durably
from dagster_project.landing.pseudonyms import Pseudonyms
from dagster_project.settings import Project

FILE = Path("_registry") / "reviewers.json"


def write_reviewers(project: Project, pseudonyms: Pseudonyms) -> None:
    """The view ``landing.reviewers``: as the registry has them now, sorted by pseudonym.

    Who stands there by name and by pseudonym, in two pools, is in none. A registry that cannot be
    read leaves nobody registered; the run refuses it with its reason.
    """
    seed = project.root / "seeds" / "registry" / "reviewers.csv"
    pools: dict[str, set[str]] = {}
    for name, pool in _rows(seed):
        pools.setdefault(pseudonyms.registered(name), set()).add(pool)
    lines = [
        json.dumps({"reviewer_id": name, "review_pool": next(iter(found))})
        for name, found in sorted(pools.items())
        if len(found) == 1
    ]
    path = project.landing / FILE
    content = "".join(line + "\n" for line in lines).encode()
    if not path.is_file() or path.read_bytes() != content:
        write_durably(path, content)


def _rows(seed: Path) -> list[tuple[str, str]]:
    if not seed.is_file():
        return []
    try:
        with seed.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except (UnicodeDecodeError, csv.Error):
        return []
    named = [(row.get("reviewer_id") or "", row.get("review_pool") or "") for row in rows]
    return [(name, pool) for name, pool in named if name]
