import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def baseline(tmp_path_factory: pytest.TempPathFactory):
    """The procurement workflow of the demo, judged once per worker; its launch returns more."""
    from steps import add_what_a_launch_returns, judge, land_all, procurement

    with pytest.MonkeyPatch.context() as patch:
        project = procurement(tmp_path_factory.mktemp("baseline"), patch)
        add_what_a_launch_returns(project)
        land_all(project)
        yield judge(project, tests=True)


@pytest.fixture(scope="session")
def loosened(baseline, tmp_path_factory: pytest.TempPathFactory):
    """The day after in the same ledger: two classes have another limit for their errors."""
    from steps import judge, loosen_and_tighten

    folder = tmp_path_factory.mktemp("loosened")
    shutil.copytree(baseline.project.home, folder / "home", symlinks=True)
    shutil.copytree(baseline.project.root, folder / "company")
    home = folder / "home"
    project = replace(baseline.project, root=folder / "company", home=home, ledger=home / "ledger")
    loosen_and_tighten(project)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PENSTOCK_HOME", str(home))
        patch.setenv("PENSTOCK_PROJECT", str(project.root))
        yield judge(project)


@pytest.fixture
def copy(baseline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The baseline's project and state, to be spoilt."""
    assert baseline.gates["procurement.classify_vendor_request", "all", "data_fit"] == "pass"
    shutil.copytree(baseline.project.home, tmp_path / "home", symlinks=True)
    shutil.copytree(baseline.project.root, tmp_path / "company")
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path / "home"))
    home = tmp_path / "home"
    return replace(baseline.project, root=tmp_path / "company", home=home, ledger=home / "ledger")
