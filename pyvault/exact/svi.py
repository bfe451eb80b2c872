"""SVI slice; the twin of ``contracts/libs/math/svi.vy``, where the method is explained."""

from __future__ import annotations

from pyvault.errors import ContractError
from pyvault.exact.arithmetic import of_integers, tdiv
from pyvault.units import WAD

__all__ = ["svi_variance"]

REACH = 2**68
DIVISOR = WAD * WAD * 2**20


@of_integers
def svi_variance(log_moneyness: int, a: int, b: int, rho: int, m: int, sigma: int) -> int:
    """Annualised variance ``a + b·(ρ·(k − m) + √((k − m)² + σ²))`` of an SVI slice; all WAD.

    Raises
    ------
    ContractError
        ``svi: parameter out of range`` unless ``−2^68 ≤ k, m < 2^68``, ``b, σ < 2^69`` and ``|ρ| ≤ 1``;
        ``svi: negative variance``.

    Notes
    -----
    Proof: equals the compiled contract bit for bit (tests/parity), and mpmath to 1.01 wei below and
    ``1.2e-19·b·√(…)`` above (tests/properties).
    """
    if not (
        -REACH <= log_moneyness < REACH
        and -REACH <= m < REACH
        and -WAD <= rho <= WAD
        and 0 <= b < 2 * REACH
        and 0 <= sigma < 2 * REACH
    ):
        raise ContractError("svi: parameter out of range")
    x, s = (log_moneyness - m) << 20, sigma << 20
    square = x * x + s * s
    side = abs(x)
    root = tdiv((square << 7) + side * s * 106, (side + s) * 127)
    root = (root + tdiv(square, root)) >> 1
    twice = root + tdiv(square, root)
    variance = a + tdiv(b * (rho * x + WAD * ((twice >> 2) + tdiv(square, twice))), DIVISOR)
    if not 0 <= variance < 2**255:  # above, the contract's sum wraps to a negative number
        raise ContractError("svi: negative variance")
    return variance
