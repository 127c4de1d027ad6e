"""A new company project is written whole or not at all, and says what the product says."""

import resource
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder

from dagster_project.cli.entry import main
from dagster_project.contracts.registry import validate_registry
from dagster_project.contracts.registry.tables import SEEDS
from dagster_project.contracts.streams import stream
from dagster_project.starter import StarterError, write_project

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "demo"


def contents(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def read_yaml(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "acme"
    write_project(folder)
    return folder


def test_the_registry_is_sound_and_typed_as_it_is_checked(made: Path) -> None:
    assert validate_registry(made, ROOT / "dbt" / "seeds" / "criteria.csv") == []
    declared = read_yaml(made / "seeds" / "registry" / "_registry.yml")["seeds"]
    assert {seed["name"]: seed["config"]["column_types"] for seed in declared} == {
        seed.name: {column.name: column.kind.data_type for column in seed.columns} for seed in SEEDS
    }


def test_the_source_may_land_every_column_of_the_stream(made: Path) -> None:
    (source,) = read_yaml(made / "models/staging/agent/_agent__sources.yml")["sources"]
    (table,) = source["tables"]
    assert [(column["name"], column["data_type"]) for column in table["columns"]] == [
        (column.name, column.data_type) for column in stream("decisions").columns
    ]
    assert list((made / "data" / "agent").iterdir()) == []


def test_it_is_set_up_like_the_demo(made: Path) -> None:
    for name in ("profiles.yml", "macros/generate_schema_name.sql"):
        assert (made / name).read_bytes() == (DEMO / name).read_bytes()
    ours, demo = (read_yaml(each / "dbt_project.yml") for each in (made, DEMO))
    for project, name in ((ours, "acme"), (demo, "penstock_demo")):
        assert project.pop("name") == name
        assert set(project["seeds"]) == set(project["models"]) == {name}
        project |= {part: project[part][name] for part in ("seeds", "models")}
        assert project.pop("vars")["penstock"]["streams"]["decisions"]
    assert ours == demo


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("Acme Ops", "acme_ops"),
        ("penstock", "company_penstock"),
        ("2026", "company_2026"),
        ('ümlaut & "quote" \'$x', "mlaut_quote_x"),
        ("null", "null"),
    ],
)
def test_any_folder_name_makes_a_project(tmp_path: Path, folder: str, name: str) -> None:
    root = tmp_path / folder
    write_project(root)
    assert read_yaml(root / "dbt_project.yml")["name"] == name
    (location,) = read_yaml(root / "workspace.yaml")["load_from"]
    assert location["python_file"]["location_name"] == name
    assert tomllib.loads((root / "penstock.toml").read_text(encoding="utf-8"))["project"]["name"]


def test_an_empty_folder_is_taken_and_an_occupied_one_is_left_as_it_is(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(tmp_path)]) == 0
    before = contents(tmp_path)
    assert "penstock.toml" in before
    assert not [name for name in before if name.startswith(".penstock")]
    (tmp_path / "penstock.toml").write_text("mine", encoding="utf-8")
    capfd.readouterr()
    assert main(["init", str(tmp_path)]) == 2
    assert f"{tmp_path} is not empty" in capfd.readouterr().err
    assert contents(tmp_path) == before
    assert (tmp_path / "penstock.toml").read_text(encoding="utf-8") == "mine"


def test_a_hidden_file_occupies_a_folder_too(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(StarterError, match=r"not empty \(it holds \.git\)"):
        write_project(tmp_path)
    assert contents(tmp_path) == {".git"}


def test_a_file_in_the_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "acme").write_text("mine", encoding="utf-8")
    with pytest.raises(StarterError, match="is a file"):
        write_project(tmp_path / "acme")
    with pytest.raises(StarterError, match="cannot be written"):
        write_project(tmp_path / "acme" / "below")
    assert contents(tmp_path) == {"acme"}


@pytest.mark.parametrize("folder", ["empty", "new", "new/below"])
def test_a_failed_init_leaves_nothing(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    said = subprocess.run(
        [sys.executable, "-m", "dagster_project.cli.entry", "init", str(tmp_path / folder)],
        # as on a full disk: the README is the first file that does not fit
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
        env={"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2, said.stderr
    assert "cannot be written" in said.stderr
    assert contents(tmp_path) == {"empty"}


def test_a_move_that_fails_takes_back_those_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, moves = Path.rename, []

    def rename(path: Path, target: Path) -> Path:
        moves.append(path.name)
        if len(moves) == 5:
            raise OSError(28, "No space left on device")
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(StarterError, match="No space left"):
        write_project(tmp_path / "acme")
    assert contents(tmp_path) == set()
    moves.clear()
    monkeypatch.setattr(Path, "rename", real)
    write_project(tmp_path / "acme")
    assert "acme/penstock.toml" in contents(tmp_path)


def test_the_wheel_carries_what_a_new_project_is_made_of() -> None:
    carried = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    starter = ROOT / "dagster_project" / "starter"
    needed = {
        str(path.relative_to(ROOT))
        for path in starter.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert len([name for name in needed if name.endswith(".tmpl")]) > 10
    assert needed <= carried
