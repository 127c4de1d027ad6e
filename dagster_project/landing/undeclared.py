"""The names of what a file holds beyond its declaration: counted, cut and capped."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

# undeclared names are a hint for people: enough of them, and none of book length
NAMES_CAP, NAME_LENGTH = 200, 100
OTHER_NAMES = "(other)"
# a key may be a person's name, address or number; what looks like a field's name is none
UNNAMED = "(unnamed)"
_FIELD_NAME = re.compile(r"(\(envelope\)\.)?(?!.*[0-9]{5})[A-Za-z_$][\w.:$-]*\Z", re.ASCII)


class UndeclaredKeys:
    """Names of keys that are not landed, with how often they were seen."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def has_room(self, names: Iterable[str]) -> bool:
        """Whether none of ``names`` would be lost to the cap."""
        return len(self.counts.keys() | set(names)) <= NAMES_CAP

    def update(self, times: Mapping[str, int]) -> None:
        for name, number in times.items():
            self.add(name, number)

    def add(self, name: str, times: int = 1) -> None:
        name = name[:NAME_LENGTH] if _FIELD_NAME.match(name) else UNNAMED
        if name not in self.counts and len(self.counts) >= NAMES_CAP:
            name = OTHER_NAMES
        self.counts[name] += times
