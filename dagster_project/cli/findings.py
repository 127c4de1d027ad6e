"""What a check of the doctor found."""

from typing import Literal, NamedTuple


class Finding(NamedTuple):
    """``fix`` is empty where nothing is to be done."""

    check: str
    state: Literal["ok", "warn", "problem"]
    detail: str
    fix: str = ""
