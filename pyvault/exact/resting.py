"""What the window has fixed of a forward; the twin of ``contracts/libs/state/book_reading.vy``."""

from __future__ import annotations

from typing import NamedTuple

from pyvault.exact.fixing import WINDOW_S
from pyvault.units import WAD

__all__ = ["FREE", "Fixed", "fixed_so_far"]


class Fixed(NamedTuple):
    """What is fixed of a forward (WAD quote), the weight left to spot (WAD), and where that comes from."""

    part: int
    floating: int
    is_stand_in: bool = False  # another price stands for the mean


FREE = Fixed(0, WAD)  # outside the window


def fixed_so_far(price: int, elapsed_s: int, *, is_known: bool, last: int) -> Fixed:
    """What is fixed from half an hour before an expiry on.

    Parameters
    ----------
    price, elapsed_s, is_known
        As ``SpotOracle.elapsed_average`` answers: WAD, seconds.
    last
        Price of the last valuation, WAD, or spot where there is none: it stands for a mean that is not known
        once the expiry has passed.
    """
    if is_known:
        return Fixed(price * elapsed_s // WINDOW_S, WAD - WAD * elapsed_s // WINDOW_S)
    return Fixed(last, 0, is_stand_in=True) if elapsed_s == WINDOW_S else FREE
