"""``penstock sample``: what it says, and with which exit code."""

import json

import pytest
from sampling_world import BATCH, CLASS, Desk

from dagster_project.cli.entry import main

NAMES = [f"d-{number:03d}" for number in range(200)]


@pytest.fixture(autouse=True)
def in_the_project(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_PROJECT", str(desk.project.root))
    desk.decide(*NAMES)
    desk.decide("stray", decision_class="(undeclared)")


def test_counts_and_the_file_are_shown(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", "--format", "json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["drawn_count"] == len(desk.rows()) == said["classes"][CLASS]["drawn"]
    assert said["undrawn"] == [
        {"decision_class": "(undeclared)", "reason": "class not registered", "count": 1}
    ]
    assert (said["batch"], said["file"]) == (BATCH, str(next(desk.folder.iterdir())))
    assert main(["sample"]) == 0
    shown = capfd.readouterr().out
    assert "not drawn: 1 of (undeclared): class not registered" in shown
    assert shown.endswith("0 drawn; nothing is due\n")


def test_every_obstacle_has_its_exit_code_and_says_what_to_do(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    key = desk.project.sample_key.file
    secret = key.read_text().strip()
    assert main(["sample"]) == 0
    with (desk.folder / f"audit_sample-{BATCH}.jsonl").open("a") as stream:
        stream.write("{}\n")
    assert main(["sample"]) == 1
    assert main(["sample", "--new-key"]) == 2
    key.unlink()
    assert main(["sample"]) == 2
    assert "`penstock sample --new-key`" in capfd.readouterr().err
    assert main(["sample", "--new-key"]) == 0
    desk.project.warehouse.rename(desk.project.home / "elsewhere")
    for path in desk.folder.iterdir():
        path.unlink()
    assert main(["sample"]) == 4
    (desk.project.root / "penstock.toml").write_text("")
    assert main(["sample"]) == 2
    said = capfd.readouterr()
    assert '[sample] folder = "data/audit_sample"' in said.err
    assert secret not in said.out + said.err


def test_the_doctor_looks_after_the_key(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    def finding() -> dict:
        main(["doctor", "--format", "json"])
        checks = json.loads(capfd.readouterr().out)["checks"]
        return [check for check in checks if check["check"] == "audit key"][-1]

    assert finding()["state"] == "ok"
    desk.project.sample_key.file.chmod(0o644)
    assert finding()["detail"] == "others may read it"
    desk.project.sample_key.file.unlink()
    assert finding()["detail"].endswith("audit.key holds no key")
    (desk.project.root / "penstock.toml").write_text("")
    assert finding()["detail"].startswith("not needed")
