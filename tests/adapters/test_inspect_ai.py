"""Inspect: real logs in both forms, finished, cancelled, without scores."""

import pytest

pytestmark = pytest.mark.xdist_group("adapters")
OUTCOMES = "staging.stg_inspect_ai__outcomes"
LANDED = "landing.inspect_ai__samples"


def test_every_sample_of_both_forms_lands(ask) -> None:
    rows = ask(
        "SELECT replace(file_name, 'data/inspect_ai/', ''), unit_count, landed_count, status "
        "FROM landing.files WHERE source = 'inspect_ai' ORDER BY 1"
    )
    assert [(name[:29], *counts) for name, *counts in rows] == [
        ("2025-02-11T15-17-00-05-00_pop", 10, 10, "landed"),
        ("2025-02-11T15-18-04-05-00_pop", 10, 10, "landed"),
        ("2025-05-12T20-28-13-04-00_pop", 3, 3, "landed"),
        ("2025-05-12T20-28-26-04-00_sec", 3, 3, "landed"),
        ("log_tool_call_error.json.gz", 1, 1, "landed"),
    ]


@pytest.mark.parametrize(
    ("file", "accuracy", "samples"), [("%05-12T20-28-13%", 0.6667, 3), ("%02-11T15-18%", 0.8, 10)]
)
def test_scores_give_the_accuracy_that_the_log_reports(ask, file, accuracy, samples) -> None:
    ((share, count, sources),) = ask(
        "SELECT round(count(*) FILTER (label = 'correct') / count(*), 4), count(*), "
        f"string_agg(DISTINCT label_source) FROM {OUTCOMES} WHERE _file_sha256 = "
        f"(SELECT file_sha256 FROM landing.files WHERE file_name LIKE '{file}')"
    )
    assert (share, count, sources) == (accuracy, samples, "ground_truth")
    ((reported,),) = ask(
        "SELECT DISTINCT round(cast(json_extract(results.scores[1].metrics, '$.accuracy.value') "
        f"AS double), 4) FROM {LANDED} WHERE _file_sha256 = "
        f"(SELECT file_sha256 FROM landing.files WHERE file_name LIKE '{file}')"
    )
    assert reported == accuracy


def test_labels_give_the_standard_error_that_the_log_reports(ask) -> None:
    ((error, count),) = ask(
        "SELECT stddev_samp(CASE label WHEN 'correct' THEN 1 ELSE 0 END) / sqrt(count(*)), "
        f"count(*) FROM {OUTCOMES} WHERE _file_sha256 = "
        "(SELECT file_sha256 FROM landing.files WHERE file_name LIKE '%02-11T15-18%')"
    )
    assert (error, count) == (pytest.approx(0.13333, abs=5e-6), 10)


def test_a_model_that_grades_is_a_judge(ask) -> None:
    assert ask(
        f"SELECT label_source, label, count(*) FROM {OUTCOMES} "
        "WHERE outcome = 'model_graded_fact' GROUP BY ALL"
    ) == [("model_judge", "correct", 3)]


def test_samples_are_shadow_decisions_without_cost(ask) -> None:
    assert ask(
        "SELECT DISTINCT route, cost_amount, confidence FROM staging.stg_inspect_ai__decisions"
    ) == [("shadow", None, None)]
    assert ask(
        "SELECT model, sum(input_tokens), sum(output_tokens), min(latency_ms) > 0, "
        "min(occurred_at)::date::varchar FROM staging.stg_inspect_ai__decisions "
        "WHERE action = 'popularity' AND occurred_at > '2025-05-01' GROUP BY model"
    ) == [("gpt-4o-mini-2024-07-18", 192, 6, True, "2025-05-13")]


def test_only_finished_logs_with_a_metric_show_the_harness_at_work(ask) -> None:
    rows = ask("SELECT component, result FROM staging.stg_inspect_ai__rail_evidence ORDER BY 1, 2")
    assert ("inspect popularity", "match accuracy 0.8 on 10 samples") in rows
    assert ("inspect security_guide", "model_graded_fact accuracy 1.0 on 3 samples") in rows
    assert not [result for _, result in rows if "0.6667" in result], "that run was cancelled"
    assert len(rows) == 3


def test_answers_and_explanations_stay_out(ask) -> None:
    assert ask(
        f"SELECT DISTINCT unnest(json_keys(json_extract(scores, '$.' || scorer))) FROM {LANDED} "
        "CROSS JOIN unnest(json_keys(scores)) AS names(scorer)"
    ) == [("value",)]
