"""Which decisions the audit sample holds: one rule for the draw, its check and the simulator."""

import hashlib
import hmac
from decimal import Decimal
from fractions import Fraction


class Draw:
    """The sample of one key. Who does not know the key cannot foresee it; who does can redo it."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._limits: dict[Decimal | float, int] = {}

    def selects(self, decision_id: str, probability: Decimal | float) -> bool:
        """HMAC-SHA256(key, decision_id) / 2^256 < probability (0-1), in whole numbers."""
        limit = self._limits.get(probability)
        if limit is None:
            limit = self._limits[probability] = _limit(probability)
        return int.from_bytes(hmac.digest(self._key, decision_id.encode(), hashlib.sha256)) < limit


def _limit(probability: Decimal | float) -> int:
    """The smallest whole number that is no selection: probability x 2^256, rounded up.

    Of a float, what it prints as counts: 0.15 is 15/100.
    """
    share = Fraction(str(probability))
    return -(-(share.numerator << 256) // share.denominator)
