"""What is not there, or was not looked at, is not met."""

from dataclasses import replace

from data_fit_world import PROFILE, REQUIRED, SETTLED, each, failing_after

from dagster_project.evidence.data_fit import run


def test_column_that_is_gone_has_raised(world, suites):
    failing = failing_after(world, suites, f"alter table {PROFILE} drop column newest_event_at")
    wanted = ["class_profile_has_columns", "class_profile_has_newest_event"]
    assert failing == each(wanted)
    fit = world.fits()["a.one"]
    assert (fit["expected_count"], fit["evaluated_count"], fit["met_count"]) == (28, 27, 26)
    assert fit["raised_count"] == 1


def test_empty_profile_meets_nothing(world, suites):
    failing_after(world, suites, f"delete from {PROFILE}")
    for fit in world.fits().values():
        assert (fit["met_count"], fit["too_few_count"], fit["row_count"]) == (0, REQUIRED, 0)
    rows = world.sql(
        "select table_name, count_if(is_met) from evidence.expectation_results group by 1"
    )
    assert dict(rows)["int_data_fit__class_profile"] == 0


def test_empty_rows_meet_nothing(world, suites):
    failing_after(world, suites, f"delete from {SETTLED}")
    for fit in world.fits().values():
        assert (fit["met_count"], fit["too_few_count"], fit["row_count"]) == (17, 11, 100)


def test_absent_class_is_too_few(world, suites):
    failing_after(world, suites, f"delete from {PROFILE} where decision_class = 'b.three'")
    fits = world.fits()
    assert fits["b.three"]["met_count"] == 0
    assert fits["b.three"]["too_few_count"] == REQUIRED
    assert fits["a.one"]["met_count"] == REQUIRED
    assert world.sql(
        "select distinct table_name from evidence.expectation_results where not is_met"
    ) == [("int_data_fit__class_profile",)]


def test_class_without_rows_is_too_few_there(world, suites):
    failing_after(world, suites, f"delete from {SETTLED} where decision_class = 'b.three'")
    assert world.fits()["b.three"]["too_few_count"] == 11
    assert world.fits()["a.one"]["met_count"] == REQUIRED


def test_absent_table_has_raised(world, suites):
    failing_after(world, suites, f"drop table {SETTLED}")
    for fit in world.fits().values():
        assert (fit["evaluated_count"], fit["raised_count"], fit["met_count"]) == (17, 11, 17)


def test_profile_of_another_batch_is_no_profile(world, suites):
    failing_after(
        world, suites, f"alter table {PROFILE} add column known_batch varchar default 'older'"
    )
    for fit in world.fits().values():
        assert (fit["met_count"], fit["too_few_count"], fit["row_count"]) == (0, REQUIRED, 0)
    world.sql(f"update {PROFILE} set known_batch = '20260401T000000000000Z'")
    assert failing_after(world, suites) == {}


def test_rows_that_were_not_looked_at_are_not_met(world, suites, monkeypatch):
    real = run.run_suite

    def look_away(path, suite):
        results = real(path, suite)
        for name in {"class_profile_one_currency"} & set(results):
            results[name] = replace(results[name], element_count=2)
        return results

    monkeypatch.setattr(run, "run_suite", look_away)
    assert failing_after(world, suites) == each(["class_profile_one_currency"])


def test_result_that_does_not_come_back_is_not_met(world, suites, monkeypatch):
    real = run.run_suite

    def lose_one(path, suite):
        results = real(path, suite)
        results.pop("class_profile_one_currency", None)
        return results

    monkeypatch.setattr(run, "run_suite", lose_one)
    failing = failing_after(world, suites)
    assert failing == each(["class_profile_one_currency"])
    fit = world.fits()["a.one"]
    assert (fit["expected_count"], fit["evaluated_count"], fit["raised_count"]) == (28, 27, 0)


def test_more_rows_than_the_guard_demands_are_needed(world, one_suite, suites):
    suite = one_suite("int_decisions__settled", [], minimum=120)
    assert failing_after(world, [suites[0], suite]) == {}
    suite = one_suite("int_decisions__settled", [], minimum=121)
    failing = failing_after(world, [suites[0], suite])
    assert failing == each(["t_rows", "t_columns"])
    assert world.fits()["a.one"]["too_few_count"] == 2
