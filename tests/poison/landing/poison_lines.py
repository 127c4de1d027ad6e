"""Classes of bad and odd lines, each with its outcome written by hand.

A class makes one line from a dice; the outcome is ``landed``, ``blank`` or the reason code.
"""

import random
from collections.abc import Callable

Dice = random.Random
Make = Callable[[Dice], bytes]
LANDED, BLANK = "landed", "blank"


def moment(dice: Dice) -> str:
    month, day, hour = dice.randint(1, 9), dice.randint(10, 28), dice.randint(10, 23)
    return f"2026-0{month}-{day}T{hour}:15:{dice.randint(10, 59)}Z"


def good(dice: Dice, **changes: str) -> bytes:
    """A line with every scalar column; ``changes`` are JSON texts."""
    members = {
        "id": f'"k{dice.randrange(10**6)}"',
        "at": f'"{moment(dice)}"',
        "n": str(dice.randrange(-(10**9), 10**9)),
        "x": repr(dice.random() + 0.001),
        "d": f"{dice.randrange(10**7) / 1000:.3f}",
        "ok": dice.choice(["true", "false"]),
        "day": f'"2026-02-{dice.randint(10, 28)}"',
        "j": f'"{dice.randrange(100)}"',
    }
    members |= changes
    return ("{" + ",".join(f'"{key}":{text}' for key, text in members.items()) + "}").encode()


def put(key: str, make: Callable[[Dice], str]) -> Make:
    return lambda dice: good(dice, **{key: make(dice)})


def either(key: str, *texts: str) -> Make:
    return lambda dice: good(dice, **{key: dice.choice(texts)})


def more(make: Callable[[Dice], str]) -> Make:
    """A line with one member more at its end."""
    return lambda dice: good(dice)[:-1] + b"," + make(dice).encode() + b"}"


def less(key: str) -> Make:
    def make(dice: Dice) -> bytes:
        line = good(dice, **{key: "@"})
        return line.replace(f'"{key}":@,'.encode(), b"").replace(f',"{key}":@'.encode(), b"")

    return make


def digits(dice: Dice, low: int, high: int) -> str:
    return str(dice.randint(1, 9)) + "".join(dice.choices("0123456789", k=dice.randint(low, high)))


def inside(piece: bytes) -> Make:
    """``piece`` put into the text of the id."""
    return lambda dice: good(dice).replace(b'"id":"', b'"id":"' + piece)


def cut(dice: Dice) -> bytes:
    line = good(dice)
    return line[: dice.randrange(1, len(line))]


def nested(dice: Dice, low: int, high: int, opening: str, closing: str) -> str:
    depth = dice.randint(low, high)
    return f'"new":{opening * depth}1{closing * depth}'


CLASSES: dict[str, tuple[Make, str]] = {
    # structure
    "truncated": (cut, "invalid_json"),
    "no_opening_brace": (lambda dice: good(dice)[1:], "extra_data"),
    "trailing_comma": (lambda dice: good(dice)[:-1] + b",}", "invalid_json"),
    "double_comma": (lambda dice: good(dice).replace(b',"x"', b',,"x"'), "invalid_json"),
    "missing_comma": (lambda dice: good(dice).replace(b',"x"', b' "x"'), "invalid_json"),
    "missing_colon": (lambda dice: good(dice).replace(b'"x":', b'"x" '), "invalid_json"),
    "key_not_quoted": (lambda dice: good(dice).replace(b'"x":', b"x:"), "invalid_json"),
    "single_quotes": (lambda dice: good(dice).replace(b'"', b"'"), "invalid_json"),
    "comment": (more(lambda dice: "/* note */"), "invalid_json"),
    "two_objects": (lambda dice: good(dice) + dice.choice([b"", b" "]) + good(dice), "extra_data"),
    "two_objects_comma": (lambda dice: good(dice) + b"," + good(dice), "extra_data"),
    "text_behind": (
        lambda dice: good(dice) + dice.choice([b"x", b" ]", b"}", b"null"]),
        "extra_data",
    ),
    "log_prefix": (lambda dice: b"INFO " + good(dice), "invalid_json"),
    "number_prefix": (lambda dice: digits(dice, 1, 4).encode() + b" " + good(dice), "extra_data"),
    "array_around": (lambda dice: b"[" + good(dice) + b"]", "not_an_object"),
    "scalar": (
        lambda dice: dice.choice([b"null", b"true", b"12", b'"x"', b"-0.5"]),
        "not_an_object",
    ),
    "empty_object": (lambda dice: dice.choice([b"{}", b"{ }", b" {}"]), "missing_key"),
    "blank": (lambda dice: dice.choice([b"", b" ", b"\t", b"\r", b"  \t \r"]), BLANK),
    "open_string": (lambda dice: good(dice)[:-1].replace(b'"id":"', b'"id":'), "invalid_json"),
    # characters
    "invalid_utf8": (lambda dice: inside(bytes([dice.randint(0x80, 0xBF)]))(dice), "invalid_utf8"),
    "overlong_utf8": (inside(b"\xc0\xaf"), "invalid_utf8"),
    "surrogate_bytes": (inside(b"\xed\xa0\x80"), "invalid_utf8"),
    "latin1": (inside("Müller".encode("latin-1")), "invalid_utf8"),
    "raw_nul": (inside(b"\0"), "invalid_json"),
    "raw_control": (lambda dice: inside(bytes([dice.randint(1, 8)]))(dice), "invalid_json"),
    "raw_tab": (inside(b"\t"), "invalid_json"),
    "escaped_nul": (inside(rb"\u0000"), "nul_character"),
    "lone_surrogate": (inside(rb"\ud83d"), "lone_surrogate"),
    "lone_low_surrogate": (inside(rb"\uDE00 "), "lone_surrogate"),
    "swapped_surrogates": (inside(rb"\ude00\ud83d"), "lone_surrogate"),
    "bad_escape": (
        lambda dice: inside(dice.choice([rb"\x41", rb"\a", rb"\u12", rb"\'"]))(dice),
        "invalid_json",
    ),
    "bom_in_the_middle": (lambda dice: b"\xef\xbb\xbf" + good(dice), "invalid_json"),
    "no_break_space": (lambda dice: b"\xc2\xa0" + good(dice), "invalid_json"),
    # keys
    "key_twice": (more(lambda dice: f'"n":{digits(dice, 0, 5)}'), "duplicate_key"),
    "key_twice_escaped": (more(lambda dice: '"\\u006e":1'), "duplicate_key"),
    "undeclared_twice": (more(lambda dice: '"new":1,"new":2'), "duplicate_key"),
    "nested_twice": (more(lambda dice: '"new":{"a":1,"b":2,"a":3}'), "duplicate_key"),
    "key_absent": (less("id"), "missing_key"),
    "key_null": (either("id", "null"), "missing_key"),
    "key_empty": (either("id", '""'), "missing_key"),
    "key_blank": (
        either("id", '" "', '"\u00a0"', '"\u200b"', '"\u3000 "', '"\ufeff"', r'"\u200b"', r'"\t"'),
        "missing_key",
    ),
    "time_absent": (less("at"), "missing_timestamp"),
    "time_null": (either("at", "null"), "missing_timestamp"),
    # numbers
    "not_finite": (either("x", "NaN", "Infinity", "-Infinity"), "number_not_finite"),
    "not_finite_undeclared": (more(lambda dice: '"new":NaN'), "number_not_finite"),
    "not_finite_lowercase": (either("x", "nan", "inf", "-inf", "infinity"), "invalid_json"),
    "double_over": (
        put("x", lambda dice: f"{digits(dice, 0, 3)}e{dice.randint(309, 9999)}"),
        "out_of_range",
    ),
    "leading_zero": (put("n", lambda dice: "0" + digits(dice, 0, 5)), "invalid_json"),
    "leading_plus": (put("n", lambda dice: "+" + digits(dice, 0, 5)), "invalid_json"),
    "bare_point": (either("x", ".5", "1.", "-.5", "1.e5"), "invalid_json"),
    "hexadecimal": (put("n", lambda dice: "0x" + digits(dice, 0, 5)), "invalid_json"),
    "underscored": (either("n", "1_000", "12_3"), "invalid_json"),
    "bigint_over": (
        put("n", lambda dice: dice.choice(["", "-"]) + "9" * dice.randint(20, 4000)),
        "out_of_range",
    ),
    "huge_integer": (put("n", lambda dice: "9" * dice.randint(4400, 6000)), "out_of_range"),
    "decimal_over": (put("d", lambda dice: digits(dice, 5, 9)), "out_of_range"),
    "decimal_rounds_over": (either("d", "99999.99995", "-99999.99999"), "out_of_range"),
    # types
    "text_as_number": (put("n", lambda dice: f'"{digits(dice, 0, 5)}"'), "wrong_type"),
    "fraction_as_whole": (put("n", lambda dice: digits(dice, 0, 5) + ".5"), "wrong_type"),
    "whole_with_point": (put("n", lambda dice: digits(dice, 0, 5) + ".0"), "wrong_type"),
    "exponent_as_whole": (either("n", "1e3", "1E0", "12e-1"), "wrong_type"),
    "boolean_as_number": (either("n", "true", "false"), "wrong_type"),
    "boolean_as_decimal": (either("d", "true", "false"), "wrong_type"),
    "number_as_boolean": (either("ok", "0", "1", '"true"', '"yes"'), "wrong_type"),
    "number_as_text": (put("id", lambda dice: digits(dice, 0, 5)), "wrong_type"),
    "object_as_text": (either("id", "{}", '{"a":1}', "[]"), "wrong_type"),
    "text_as_decimal": (either("d", '"1.5"', '"1.234,56"', '"$5"', '""'), "wrong_type"),
    "text_as_list": (more(lambda dice: '"s":"[]"'), "wrong_type"),
    "wrong_in_list": (more(lambda dice: '"s":[{"a":1},{"a":"1"}]'), "wrong_type"),
    # times
    "without_zone": (put("at", lambda dice: f'"{moment(dice)[:-1]}"'), "timestamp_without_zone"),
    "zone_too_far": (
        put("at", lambda dice: f'"{moment(dice)[:-1]}+{dice.randint(24, 99)}:00"'),
        "invalid_timestamp",
    ),
    "time_words": (
        either("at", '"infinity"', '"now"', '"epoch"', '""', '"today"'),
        "invalid_timestamp",
    ),
    "hour_24": (
        either("at", '"2026-01-02T24:00:00Z"', '"2026-01-02T25:00:00Z"'),
        "invalid_timestamp",
    ),
    "leap_second": (
        put("at", lambda dice: f'"2026-0{dice.randint(1, 9)}-10T23:59:60Z"'),
        "invalid_timestamp",
    ),
    "no_such_day": (
        either("at", '"2026-02-30T00:00:00Z"', '"2026-04-31T00:00:00Z"', '"2025-02-29T00:00:00Z"'),
        "invalid_timestamp",
    ),
    "no_such_month": (
        put("at", lambda dice: f'"2026-{dice.randint(13, 99)}-10T00:00:00Z"'),
        "invalid_timestamp",
    ),
    "iso_week": (
        put("at", lambda dice: f'"2026-W{dice.randint(10, 52)}-1T03:04:05Z"'),
        "invalid_timestamp",
    ),
    "basic_form": (
        put("at", lambda dice: f'"202601{dice.randint(10, 30)}T030405Z"'),
        "invalid_timestamp",
    ),
    "day_only": (put("at", lambda dice: f'"2026-01-{dice.randint(10, 30)}"'), "invalid_timestamp"),
    "us_order": (
        put("at", lambda dice: f'"01/{dice.randint(10, 30)}/2026 03:04:05 PM"'),
        "invalid_timestamp",
    ),
    "epoch": (
        put("at", lambda dice: str(1_767_322_800 * dice.choice([1, 1000, 10**6]))),
        "wrong_type",
    ),
    "far_past": (
        put("at", lambda dice: f'"{dice.randint(1, 1899):04d}-01-02T00:00:00Z"'),
        "out_of_range",
    ),
    "far_future": (
        put("at", lambda dice: f'"{dice.randint(2100, 9999)}-01-02T00:00:00Z"'),
        "out_of_range",
    ),
    "day_with_time": (either("day", '"2026-01-02T00:00:00Z"', '"2026-01-02 00:00"'), "wrong_type"),
    "day_not_there": (
        either("day", '"2026-02-30"', '"2026-13-01"', '"2026-00-10"'),
        "invalid_timestamp",
    ),
    # size
    "nested_deep": (more(lambda dice: nested(dice, 64, 900, "[", "]")), "nesting_too_deep"),
    "nested_objects": (more(lambda dice: nested(dice, 64, 900, '{"a":', "}")), "nesting_too_deep"),
    "brackets_open": (lambda dice: b"[" * dice.randint(65, 5_000), "nesting_too_deep"),
    # odd, but right
    "nested_to_the_cap": (more(lambda dice: nested(dice, 1, 63, "[", "]")), LANDED),
    "crlf": (lambda dice: good(dice) + b"\r", LANDED),
    "escapes": (inside(rb"\"\\\/\b\f\n\r\t\u00e9"), LANDED),
    "surrogate_pair": (inside(rb"\ud83d\ude00"), LANDED),
    "line_separator": (inside("\u2028\u0085".encode()), LANDED),
    "four_byte_text": (inside("😀𝄞".encode()), LANDED),
    "delete_character": (inside(b"\x7f"), LANDED),
    "undeclared": (
        more(lambda dice: f'"new":{dice.choice(["1", "[]", "{}", "null", "1e5"])}'),
        LANDED,
    ),
    "escaped_key": (lambda dice: good(dice).replace(b'"n":', b'"\\u006e":'), LANDED),
    "empty_name": (more(lambda dice: '"":1'), LANDED),
    "nulls": (
        lambda dice: good(dice, n="null", x="null", d="null", ok="null", day="null", j="null"),
        LANDED,
    ),
    "column_absent": (
        lambda dice: less(dice.choice(["n", "x", "d", "ok", "day", "j"]))(dice),
        LANDED,
    ),
    "nanoseconds": (put("at", lambda dice: f'"{moment(dice)[:-1]}.{digits(dice, 6, 8)}Z"'), LANDED),
    "offset": (
        put(
            "at", lambda dice: f'"{moment(dice)[:-1]}{dice.choice("+-")}{dice.randint(10, 23)}:30"'
        ),
        LANDED,
    ),
    "whole_as_double": (put("x", lambda dice: digits(dice, 0, 5)), LANDED),
    "minus_zero": (either("x", "-0", "-0.0", "-0e5"), LANDED),
    "underflow": (either("x", "1e-400", "-1e-330"), "out_of_range"),
    "least_double": (either("x", "4.9e-324", "0e-400"), LANDED),
    "decimal_rounds": (either("d", "1.00005", "-1.00005", "0.000049999", "1e-9"), LANDED),
    "bigint_ends": (either("n", "9223372036854775807", "-9223372036854775808", "-0"), LANDED),
    "formula": (inside(b"=1+1"), LANDED),
    "text_like_json": (inside(b"{},:[]"), LANDED),
    "text_begins_with_colon": (inside(b":"), LANDED),
    "spaced": (
        lambda dice: b"  " + good(dice).replace(b',"', b' , "').replace(b'":', b'": ') + b" ",
        LANDED,
    ),
}
