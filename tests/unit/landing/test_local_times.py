"""Times that are written without a zone, where the source declares one."""

from dataclasses import replace


def test_local_times_that_a_change_of_clocks_repeats_or_skips_are_not_guessed(desk):
    desk.source = replace(desk.source, timezone="Europe/Berlin")
    times = ["2026-10-25T01:59:59", "2026-10-25T02:30:00", "2026-10-25T03:00:00"]
    times += ["2026-03-29T01:59:59", "2026-03-29T02:30:00", "2026-03-29T03:00:00"]
    times += ["2026-10-25T02:30:00+01:00"]
    rows = [f'{{"id":"{place}","at":"{time}"}}\n' for place, time in enumerate(times, 1)]
    desk.drop("a.jsonl", "".join(rows).encode())
    desk.land()
    assert desk.quarantined() == [(2, "ambiguous_timestamp"), (5, "ambiguous_timestamp")]
    found = {row["id"]: row["at"].strftime("%H:%M:%S") for row in desk.rows()}
    wanted = {"1": "23:59:59", "3": "02:00:00", "4": "00:59:59", "6": "01:00:00"}
    assert found == wanted | {"7": "01:30:00"}
