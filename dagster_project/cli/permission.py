"""``penstock may-act``: the question of a runtime, answered with the standard library alone."""

import sys
from collections.abc import Sequence
from pathlib import Path

from dagster_project import may_act
from dagster_project.settings import load_project

# below a file, so nothing can ever be published there
NOWHERE = Path(sys.executable) / "no-project"


def answer(arguments: Sequence[str]) -> int:
    """0 allowed, 1 denied, 2 wrong usage. A project that cannot be found or read denies."""
    rest, named = _without_project(arguments)
    publish, ledger, anchor = NOWHERE, NOWHERE, None
    try:
        project = load_project(Path(named) if named is not None else None)
        publish, ledger, anchor = project.publish, project.ledger, project.anchor
    except Exception as error:  # no project, an unreadable one, a loop of links: the answer is no
        sys.stderr.write(f"penstock: {error}\n")
    return may_act.main(rest, publish=publish, ledger=ledger, anchor=anchor)


def _without_project(arguments: Sequence[str]) -> tuple[list[str], str | None]:
    """The arguments that ``may_act`` knows, and the value of ``--project``."""
    rest: list[str] = []
    named: str | None = None
    pending = iter(arguments)
    for argument in pending:
        if argument == "--project":
            named = next(pending, "")  # nothing after it: the empty path holds no project
        elif argument.startswith("--project="):
            named = argument.removeprefix("--project=")
        else:
            rest.append(argument)
    return rest, named
