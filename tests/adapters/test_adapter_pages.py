"""Pages and declarations of adapters say the same as what is tested."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGES = HERE.parents[1] / "docs" / "adapters"
STAGING = HERE / "company" / "models" / "staging"
ADAPTERS = sorted(folder.name for folder in STAGING.iterdir())


@pytest.mark.parametrize("name", ADAPTERS)
def test_each_adapter_has_a_page_with_its_staging_lines(name) -> None:
    page = (PAGES / f"{name}.md").read_text()
    for model in sorted((STAGING / name).glob("stg_*.sql")):
        macro = re.search(r"penstock\.(\w+)\(", model.read_text())
        assert macro is not None
        assert f"penstock.{macro[1]}(" in page, model.name
    assert "## Checked on" in page


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.name}: {target}"
        for page in PAGES.glob("*.md")
        for target in re.findall(r"\]\((?!https:)([^)#]+)[^)]*\)", page.read_text())
        if not (PAGES / target).exists()
    ]
    assert broken == []


def test_staging_is_one_call_and_no_adapter_needs_python() -> None:
    assert {path.suffix for path in STAGING.rglob("*") if path.is_file()} == {".sql", ".yml"}
    for model in STAGING.rglob("stg_*.sql"):
        assert re.fullmatch(r"\{\{\s*penstock\.\w+\(.*\)\s*\}\}\s*", model.read_text(), re.DOTALL)
