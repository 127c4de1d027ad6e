"""``docs/registry.md``, written from the seed definitions.

``python -m dagster_project.contracts.registry.document`` rewrites it; a test fails while it
differs from the definitions.
"""

from pathlib import Path
from typing import Final

from dagster_project.contracts.registry.criteria import CRITERIA, CRITERIA_SEED, RULES
from dagster_project.contracts.registry.schema import NUMBER_RULES, Kind, Seed, SeedColumn
from dagster_project.contracts.registry.tables import SEED_FOLDER, SEEDS

_OPENING: Final = f"""# The registry

Written by `python -m dagster_project.contracts.registry.document`; do not edit by hand.

Governance is code: these CSV files in `{SEED_FOLDER}/` of a company project are dbt seeds, changed
by pull request. Before anything is judged they are checked as a whole; one fault stops the run
with file, row, column and the fix:

```
{SEED_FOLDER}/owners.csv row 4, column person_id: 'p9' is not in people.csv; add the person or \
correct the id
```

Rows are counted as lines of the file, the header being row 1.

**Every file** is UTF-8 without byte order mark, separated by commas, with exactly the header shown
and in that order; it may hold no row, but it must be there. No blanks around a value, no empty
lines. Numbers are plain decimals (`0.05`), never negative; days are written `2026-03-01`; yes and
no are `true` and `false`. Text is text: a title may begin with `=`.

## Rules across rows and files

* A key stands once. A reference must be found in the file it points to.
* `decision_classes`: the `alpha_weight` of all classes sums to at most 1.
* `amount_limits`: a class stands with each amount once, however it is written. A class without a
  row has no delegation limits.
* `planning_errors`: below 1. A class without a row is planned with half its `accuracy` limit.
* `borrowed_evidence`: no more failures than trials, a `weight` of at most 0.25. Of a class's rows
  the newest one before a cohort's first decision counts for that cohort; none changes it later. A
  lender whose failures reach the class's `accuracy` limit is refused: `insufficient`.
* `class_mapping`: a rule takes amounts from `amount_min` up to but not including `amount_max`, and
  every day from `valid_from` on. Two rules of one source, workflow, field and value must not take
  the same amount, also when their `valid_from` differ: a rule has no last day. Workflow and
  `taxonomy_version` are those of the class.
* `owners`: from `valid_from` up to but not including `valid_until`. One person per role at a time;
  business, technical and risk owner of a workflow are three different people, and its sponsor is
  none of them. A vacancy is no fault of the registry: the gate shows it.
* `thresholds`: a share stays below 1 (`at_most`) or above 0 (`at_least`), so that something can
  fail. Rules cannot be loosened:
  {", ".join(f"`{name}`" for name in sorted(RULES))}.
* `kpi_registry`: `baseline_start` < `baseline_end` < `launch_date`; a primary KPI has a
  `minimum_effect`, a guardrail a `margin`; one primary KPI per workflow and class.
* `kpi_models`, `kpi_controls`, `kpi_looks`: of a KPI that stands in `kpi_registry`, for the same
  workflow and class. A control is another metric than the KPI; a look is after the launch. What is
  registered on the day of the launch or later is no fault of the registry, and counts for nothing.
* `kpi_values`: of a primary KPI of `kpi_registry`; it counts only if it was registered before the
  launch.
* `people`: no two ids that differ by case alone, and no two of one name: one person with two ids
  could sign in two roles.
* `sign_offs`: `expires_at` is after `signed_at`, by 366 days at most. Who signs held the role on
  that day, and nobody signs one map in both roles. That the digest is not (or no longer) that of
  the map is no fault of the registry: `penstock sign-offs` names row, column and fix.
* `waivers`: who asks is not who approves, and who approves was the workflow's risk owner on
  `granted_at`. `expires_at` is at most 30 days later, the exposure is above 0 in the currency of
  the class, and no two waivers of one class and criterion share a day. What cannot be loosened
  (see `thresholds`) cannot be waived.
* `taxonomy_changes`: a renamed class is gone from `decision_classes`, and nothing else happens to
  either name on that day; `split` has two rows or more with one `former_class`, `merged` with one
  `decision_class`. The newest row of a class names its `taxonomy_version`. Rows stay for good:
  `decision_class` is a class of today, or the `former_class` of a later row, so that a class can be
  renamed twice.
* `expansion_steps`: no rung is skipped. A step of any rung but `volume` needs a step of the rung
  before, of the same class, that starts earlier. Whether that one is proven by then is judged
  every day ([the ladder](concepts.md#the-ladder)).
* `operating_funding`: `valid_until` is after `stated_at`.

## Boundary

`field op value` with `<=`, `<`, `=`, `>=`, `>`, or `field in (a, b)`, joined by ` and `. Fields:
action, amount, region, team, channel, currency. Only the amount is a number and has an order.
Values are written without quotes; a text field stands once, the amount once for each operator.
Whether a decision kept it is the producer's word (`within_boundary`), but a decision outside the
rule or above `amount_limit` is a violation whoever says otherwise, and one that lacks a field of
the rule, or whose amount is in another currency than the class's, is unknown.

```
action in (classify_vendor_request) and amount <= 500 and region in (EU, North America)
```
"""


def registry_markdown() -> str:
    """The text of ``docs/registry.md``."""
    parts = [_OPENING, "## Files of a company project\n"]
    parts += [_seed_section(seed, f"{SEED_FOLDER}/{seed.name}.csv") for seed in SEEDS]
    parts.append("## File of the product\n")
    parts.append(_seed_section(CRITERIA_SEED, "dbt/seeds/criteria.csv"))
    parts.append("It must hold exactly these criteria, at least two per gate and declared level:\n")
    parts += [f"* `{gate}`: {', '.join(names)}" for gate, names in CRITERIA.items()]
    return "\n".join(parts) + "\n"


def _seed_section(seed: Seed, file: str) -> str:
    key = ", ".join(f"`{name}`" for name in seed.key)
    lines = [
        f"### {seed.name}",
        "",
        f"`{file}`: one row is {seed.grain}. Key: {key}.",
        "",
        "```",
        ",".join(seed.header),
        "```",
        "",
        "| column | type | required | allowed | meaning | example |",
        "|---|---|---|---|---|---|",
    ]
    for column in seed.columns:
        required = "yes" if column.is_required else ""
        example = f"`{column.example}`" if column.example else ""
        lines.append(
            f"| `{column.name}` | {column.kind.data_type} | {required} | {_allowed(column)} "
            f"| {column.description} | {example} |".replace("`|`", "`\\|`")
        )
    return "\n".join([*lines, ""])


def _allowed(column: SeedColumn) -> str:
    if column.references:
        return f"a row of `{column.references}`"
    if column.choices:
        return ", ".join(f"`{choice}`" for choice in column.choices)
    if rule := NUMBER_RULES.get(column.kind):
        low = "more than 0" if column.is_above_zero else "0 or more"
        high = f", at most {rule.high}" if rule.high is not None else ""
        return f"{low}{high}"
    words = {
        Kind.FLAG: "`true`, `false`",
        Kind.CURRENCY: "ISO 4217 code",
        Kind.DIGEST: "64 hex digits",
        Kind.BOUNDARY: "a boundary",
        Kind.DATE: "a day",
        Kind.NAME: "letters, digits, `_ . : / -`",
    }
    return words.get(column.kind, "text")


if __name__ == "__main__":
    Path("docs/registry.md").write_text(registry_markdown(), encoding="utf-8")
