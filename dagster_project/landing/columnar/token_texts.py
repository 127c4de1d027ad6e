"""Tokens of text, truth and nothing.

A token function gets the bytes of a piece and where a token should begin, and returns where it
ends, or ``NO`` where it does not fit, and the value. It takes only what ``strict_types`` takes,
and reads it as the very same value; it may leave out some that both take, never the reverse.

A piece ends with 0x0A, which no token and no literal holds. So a function that looks behind a
byte only when it has accepted it never leaves the piece.
"""

import numpy as np

from dagster_project.landing.columnar.compiled import NO, Bytes, Signed, compiled

QUOTE, BACKSLASH = ord('"'), ord("\\")
_IS_PLAIN = np.array([32 <= b < 128 and b not in (QUOTE, BACKSLASH) for b in range(256)])
_TRUE = np.frombuffer(b"true", np.uint8)
_FALSE = np.frombuffer(b"false", np.uint8)
_NULL = np.frombuffer(b"null", np.uint8)


@compiled
def literal(p: Bytes, i: int, wanted: Bytes, start: int, end: int) -> int:
    for at in range(np.uintp(end - start)):
        if p[np.uintp(i) + at] != wanted[np.uintp(start) + at]:
            return NO
    return i + end - start


@compiled
def _follow(p: Bytes, i: Signed) -> Signed:
    """Behind a well-formed UTF-8 sequence of two to four bytes (Unicode, table 3-7)."""
    first = p[i]
    low, high = 0x80, 0xBF  # of the second byte
    if 0xC2 <= first <= 0xDF:
        more = 1
    elif 0xE0 <= first <= 0xEF:
        more = 2
        if first == 0xE0:
            low = 0xA0
        elif first == 0xED:
            high = 0x9F  # the rest are surrogates
    elif 0xF0 <= first <= 0xF4:
        more = 3
        if first == 0xF0:
            low = 0x90
        elif first == 0xF4:
            high = 0x8F
    else:
        return NO
    for _ in range(more):
        i += 1
        if not low <= p[i] <= high:
            return NO
        low, high = 0x80, 0xBF
    return i + 1


@compiled
def text(p: Bytes, i: int) -> Signed:
    """Between quotes, without escapes, control characters or broken UTF-8."""
    if p[i] != QUOTE:
        return NO
    at = np.uintp(i + 1)  # unsigned: twice as fast
    while True:
        while _IS_PLAIN[p[at]]:
            at += np.uintp(1)
        end = np.int64(at)
        if p[at] == QUOTE:
            return end + 1
        follow = _follow(p, end)
        if follow == NO:
            return NO
        at = np.uintp(follow)


@compiled
def name(p: Bytes, i: int) -> Signed:
    """Text that begins with an ASCII character that can be seen: no blank key."""
    end = text(p, i)
    return end if end != NO and 32 < p[i + 1] < 127 and end > i + 2 else NO


@compiled
def boolean(p: Bytes, i: int) -> tuple[int, int]:
    end = literal(p, i, _TRUE, 0, 4)
    if end != NO:
        return end, 1
    return literal(p, i, _FALSE, 0, 5), 0


@compiled
def nothing(p: Bytes, i: int) -> int:
    """``null``"""
    return literal(p, i, _NULL, 0, 4)
