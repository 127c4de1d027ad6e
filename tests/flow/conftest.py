import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def baseline(tmp_path_factory: pytest.TempPathFactory):
    """The procurement workflow of the demo, judged once per worker."""
    from steps import judge, land_all, procurement

    with pytest.MonkeyPatch.context() as patch:
        project = procurement(tmp_path_factory.mktemp("baseline"), patch)
        land_all(project)
        yield judge(project)
