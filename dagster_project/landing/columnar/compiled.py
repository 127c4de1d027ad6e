"""Functions as machine code (numba), which run without the GIL."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Whole = NDArray[np.int64]
Unsigned = NDArray[np.uint64]
Signed = int | np.int64
NO = -1  # where a token would end that does not fit
_OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}
_P = ParamSpec("_P")
_R = TypeVar("_R")


def compiled(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """For functions that compiled ones call; compiled together with them."""
    made: Callable[_P, _R] = njit(**_OPTIONS)(function)
    return made


def compiled_once(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """For what Python calls: kept on disk, in ``__pycache__`` or else the user's cache folder.

    Five seconds the first time, nothing later; in every process where neither can be written.
    """
    try:
        made: Callable[_P, _R] = njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:
        return compiled(function)
    return made


def digest_of_sources() -> str:
    """Of all modules of this package.

    numba keeps machine code by the text of a function and the values it encloses, not by the
    functions it calls: who encloses this is compiled anew when one of them has changed.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
