"""Random streams that never meet: one for each (seed, scenario, path, process)."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from pyvault.errors import InputError

__all__ = ["Process", "stream"]

_WORD = 2**64


class Process(IntEnum):
    """What a stream drives; each new kind takes the next number, so that old ones keep their draws."""

    PRICE = 0
    TAKER = 1
    INFORMED = 2
    INVENTORY = 3


def stream(*, seed: int, process: Process | int, scenario: int = 0, path: int = 0) -> np.random.Generator:
    """Generator of one stream, the same in every worker and in any order of asking.

    Parameters
    ----------
    seed, scenario
        The two words of Philox's key.
    path, process
        The upper two of the four words of its counter.

    Raises
    ------
    InputError
        If one of them is not a word of 64 bits.

    Notes
    -----
    Philox is a permutation of its counter under its key. Draws advance the lower 128 bits, so streams of one
    key lie on disjoint parts of one permutation: none reaches another before its 2**130th draw.
    """
    for name, value in (("seed", seed), ("scenario", scenario), ("path", path), ("process", int(process))):
        if not 0 <= value < _WORD:
            raise InputError(name, value, "must fit 64 bits without a sign")
    key = np.array([seed, scenario], dtype=np.uint64)
    counter = np.array([0, 0, int(process), path], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))
