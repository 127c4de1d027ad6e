"""Rules within one seed: keys, order of dates and amounts, overlaps, sums."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from dagster_project.contracts.registry.problems import quoted
from dagster_project.contracts.registry.reading import Row, SeedFile
from dagster_project.names import OWNER_ROLES

# Both sort with ISO dates as text.
FOREVER = "9999-12-31"
# a trial of another class is worth a quarter of an own one at most
LARGEST_WEIGHT = Decimal("0.25")
ENDLESS = Decimal("Infinity")


def check_keys(seeds: SeedFile) -> None:
    """No two rows with the same key."""
    first: dict[tuple[str, ...], int] = {}
    key = seeds.seed.key
    for row in seeds.sound(*key):
        found = tuple(row.cells[column] for column in key)
        line = first.setdefault(found, row.line)
        if line != row.line:
            seeds.report(
                row,
                key[0],
                f"{quoted(found[0])} repeats row {line} (same {', '.join(key)})",
                f"keep one row per {', '.join(key)}",
            )


def check_alpha(classes: SeedFile) -> None:
    """All weights together at most 1; the row that goes beyond is reported."""
    total = Decimal(0)
    for row in classes.sound("decision_class", "alpha_weight"):
        before, total = total, total + Decimal(row.cells["alpha_weight"])
        if before <= 1 < total:
            classes.report(
                row,
                "alpha_weight",
                f"{quoted(row.cells['alpha_weight'])} brings the sum of all classes to {total}",
                "lower weights until all together are at most 1",
            )


def check_amount_limits(limits: SeedFile) -> None:
    """No amount twice in one class, however it is written."""
    first: dict[tuple[str, Decimal], int] = {}
    for row in limits.sound("decision_class", "amount_limit"):
        amount = Decimal(row.cells["amount_limit"])
        line = first.setdefault((row.cells["decision_class"], amount), row.line)
        if line != row.line:
            limits.report(
                row,
                "amount_limit",
                f"{quoted(row.cells['amount_limit'])} is the amount of row {line}",
                "keep one row per class and amount",
            )


def check_borrowed(loans: SeedFile) -> None:
    """No more failures than trials, a weight of at most a quarter."""
    for row in loans.sound("failure_count", "trial_count"):
        if int(row.cells["failure_count"]) > int(row.cells["trial_count"]):
            loans.report(
                row,
                "failure_count",
                f"{quoted(row.cells['failure_count'])} is more than the trials",
                "write the failed trials, and all trials as trial_count",
            )
    for row in loans.sound("weight"):
        if Decimal(row.cells["weight"]) > LARGEST_WEIGHT:
            loans.report(
                row,
                "weight",
                f"{quoted(row.cells['weight'])} is above {LARGEST_WEIGHT}",
                f"discount the lender to {LARGEST_WEIGHT} or less",
            )


def check_planning_errors(plans: SeedFile) -> None:
    """An error below 1."""
    for row in plans.sound("planning_error"):
        if Decimal(row.cells["planning_error"]) >= 1:
            plans.report(
                row,
                "planning_error",
                f"{quoted(row.cells['planning_error'])} is not below 1",
                "write the error as a share, such as 0.01",
            )


def check_mapping(mapping: SeedFile) -> None:
    """Amount ranges [amount_min, amount_max) are not empty, and no two rows take one decision."""
    for row in mapping.sound("amount_min", "amount_max"):
        low, high = _amounts(row)
        if low >= high:
            mapping.report(
                row,
                "amount_max",
                f"{quoted(row.cells['amount_max'])} is not above amount_min {low}",
                "write the first amount the rule no longer takes",
            )
    columns = ("source", "workflow", "match_field", "match_value")
    for rows in grouped(mapping.sound(*columns, "amount_min", "amount_max"), columns):
        _check_overlap(mapping, rows)


def _check_overlap(mapping: SeedFile, rows: Sequence[Row]) -> None:
    # rules have no last day, so rules of two days also take the same decision
    reach, holder = Decimal(-1), None
    for row in sorted(rows, key=lambda row: (_amounts(row)[0], row.line)):
        low, high = _amounts(row)
        if holder is not None and low < reach:
            earlier, later = sorted((holder, row), key=lambda row: row.line)
            if (later.line, "match_value") in mapping.faulty:
                continue
            mapping.report(
                later,
                "match_value",
                f"{quoted(later.cells['match_value'])} is taken by row {earlier.line} too: "
                "one decision, two rules",
                "separate them by amount_min and amount_max, or delete one",
            )
        if high > reach:
            reach, holder = high, row


def _amounts(row: Row) -> tuple[Decimal, Decimal]:
    # no amount known and no range given is its own case: it overlaps everything, from below 0
    low, high = row.cells["amount_min"], row.cells["amount_max"]
    return Decimal(low) if low else Decimal(-1), Decimal(high) if high else ENDLESS


def check_owners(owners: SeedFile) -> None:
    """Periods are not empty; one person per role at a time, and never one person in two roles."""
    for row in owners.sound("valid_from", "valid_until"):
        if row.cells["valid_until"] and row.cells["valid_until"] <= row.cells["valid_from"]:
            owners.report(
                row,
                "valid_until",
                f"{quoted(row.cells['valid_until'])} is not after valid_from",
                "write the first day on which the person is no longer owner",
            )
    sound = owners.sound("workflow", "role", "person_id", "valid_from", "valid_until")
    held = [row for row in sound if row.cells["role"] in OWNER_ROLES]
    for rows in grouped(held, ("workflow",)):
        for position, row in enumerate(rows):
            _check_owner(owners, row, rows[:position])


def _check_owner(owners: SeedFile, row: Row, earlier: Sequence[Row]) -> None:
    role, person = row.cells["role"], row.cells["person_id"]
    for other in earlier:
        if not is_same_time(row, other):
            continue
        if other.cells["role"] == role:
            owners.report(
                row,
                "valid_from",
                f"{quoted(row.cells['valid_from'])} overlaps row {other.line}, "
                f"the {role} owner until {other.cells['valid_until'] or 'further notice'}",
                "end the earlier row with valid_until, or correct the date",
            )
            return
        if other.cells["person_id"] == person:
            owners.report(
                row,
                "person_id",
                f"{quoted(person)} is the {other.cells['role']} owner already (row {other.line})",
                "name three different people as business, technical and risk owner",
            )
            return


def is_same_time(
    one: Row, other: Row, begins: str = "valid_from", ends: str = "valid_until"
) -> bool:
    """The two periods share a day; an empty end is never."""
    return one.cells[begins] < (other.cells[ends] or FOREVER) and other.cells[begins] < (
        one.cells[ends] or FOREVER
    )


def report_order(seeds: SeedFile, row: Row, column: str, before: str) -> None:
    """``column`` should have been after ``before``."""
    message = f"{quoted(row.cells[column])} is not after {before} {row.cells[before]}"
    seeds.report(row, column, message, f"correct {before} or {column}")


def grouped(rows: Iterator[Row] | Sequence[Row], columns: tuple[str, ...]) -> Iterator[list[Row]]:
    """Rows that agree in ``columns``."""
    found: defaultdict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(row.cells[column] for column in columns)].append(row)
    yield from found.values()
