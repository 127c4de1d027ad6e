"""What is wrong with a registry, said so that its author can mend it without asking."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LONGEST_QUOTE: Final = 60


@dataclass(frozen=True)
class Problem:
    """One fault. ``row`` is the physical line (header = 1; 0: the whole file); ``column`` may be
    empty. ``value`` is the cell as written, ``message`` what is wrong, ``fix`` what to do.
    """

    file: str
    row: int
    column: str
    value: str
    message: str
    fix: str

    def __str__(self) -> str:
        row = f" row {self.row}" if self.row else ""
        column = f", column {self.column}" if self.column else ""
        return f"{self.file}{row}{column}: {self.message}; {self.fix}"


class RegistryError(ValueError):
    """The registry has problems; nothing may be judged by it until they are mended."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        listed = "\n".join(str(problem) for problem in problems)
        noun = "problem" if len(problems) == 1 else "problems"
        super().__init__(f"the registry has {len(problems)} {noun}:\n{listed}")
        self.problems = tuple(problems)


def quoted(value: str) -> str:
    """A cell for a message: in quotes, cut at 60 characters, control characters escaped."""
    cut = value if len(value) <= LONGEST_QUOTE else value[: LONGEST_QUOTE - 1] + "…"
    return repr(cut)
