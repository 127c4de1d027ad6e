"""What tests of repairs share: bad lines, and the two ways to repair them."""

from landing_world import Desk

from dagster_project.landing.corrected import retry_corrected
from dagster_project.landing.manifest import Books
from dagster_project.landing.refused import refused_units, with_refused
from dagster_project.landing.retry import retry

WITHOUT_ZONE = b'{"id":"%d","at":"2026-01-02T03:04:05","n":%d}\n'
HALF = b'{"id":"2","at":"2026-01-02T03:04:05Z","n":1.5}\n'
CUT = b'{"id":"3","at":"2026-01-0\n'


def books(desk: Desk) -> Books:
    return Books(desk.project.landing)


def again(desk: Desk):
    return retry(desk.project, [desk.source], now=desk.now)


def open_places(desk: Desk) -> list[int]:
    found = books(desk)
    return [u.place for e in with_refused(found) for u in refused_units(found, e, is_open=True)]


def entry(desk: Desk, name: str):
    (found,) = [e for e in books(desk) if e.file_name == f"data/{name}" and not e.repairs]
    return found


def correct(desk: Desk, old: str, new: str):
    return retry_corrected(
        desk.project, [desk.source], entry(desk, old), entry(desk, new), now=desk.now
    )
