"""dbt exits with 0 when a selection matches nothing; what ran is held against what had to run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SUCCESS = frozenset({"success", "pass"})
BUILT_TYPES = frozenset({"model", "seed"})


class IncompleteBuildError(RuntimeError):
    """A node of the set has no successful result; nothing after it may be trusted."""


def require_complete(manifest: Path, run_results: Mapping[str, Any], *, tag: str) -> None:
    """Every model and seed tagged ``tag`` has a successful result, else IncompleteBuildError."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    expected = {
        unique_id
        for unique_id, node in nodes.items()
        if node["resource_type"] in BUILT_TYPES and tag in node["tags"]
    }
    succeeded = {
        result["unique_id"] for result in run_results["results"] if result["status"] in SUCCESS
    }
    missing = sorted(expected - succeeded)
    if missing or not expected:
        raise IncompleteBuildError(
            f"dbt set `{tag}`: no successful result for {', '.join(missing) or 'any node'}"
        )
