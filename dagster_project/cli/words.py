"""How values become words: names made harmless, numbers, verdicts, levels."""

import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

GATE_TITLES: Final = {
    "workflow_fit": "workflow",
    "data_fit": "data",
    "autonomy_fit": "autonomy",
    "production_fit": "product.",
    "value_fit": "value",
}
# symbol, word in narrow tables, style; the word stands there so that colour is never needed
VERDICT_LOOKS: Final = {
    "pass": ("✓", "pass", "green"),
    "fail": ("✗", "fail", "red"),
    "error": ("!", "error", "bold red"),
    "stale": ("~", "stale", "yellow"),
    "insufficient": ("?", "insuff.", "cyan"),
    "not_applicable": ("-", "n/a", "dim"),
}
TEST_LOOKS: Final = {"good": ("✓", "green"), "weak": ("✗", "red"), "unknown": ("?", "cyan")}
SIGNS: Final = {"at_most": "≤", "at_least": "≥"}
BLOCKED: Final = "⊘"
NONE: Final = "–"


def clean(value: object) -> str:
    """Text that cannot steer a terminal: control, format and surrogate characters as escapes."""
    return "".join(
        ascii(char)[1:-1] if unicodedata.category(char) in _UNSAFE else char for char in str(value)
    )


# Cc ANSI and newlines, Cf changes of direction, Cs what UTF-8 cannot write, Zl/Zp line ends
_UNSAFE: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")


def sayable(text: str) -> str:
    """``text`` as UTF-8 can hold it: what a terminal of another encoding sent, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def number(value: Decimal | int | None) -> str:
    """1234.500000000 → 1,234.5; None → –."""
    if value is None:
        return NONE
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def counted(count: int, noun: str) -> str:
    """1 file, 2,000 files."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def plain(value: Any) -> Any:
    """A value as JSON can hold it: decimals and times as text, so that no digit is lost."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | bool | None) else str(value)
