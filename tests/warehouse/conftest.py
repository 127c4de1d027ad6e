from collections.abc import Iterator

import pytest
from compiled_company import Company
from small_company import build
from unclear_records import all_records
from versioned_records import versioned


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Landed and built once per worker; tests that use it share an xdist group."""
    with pytest.MonkeyPatch.context() as patch:
        records = all_records()
        records["decisions"] += versioned()
        yield build(tmp_path_factory.mktemp("small"), patch, records)
