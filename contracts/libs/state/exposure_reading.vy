# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Reading exposures
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Cached value and exposures at the present spot.
"""

from ...interfaces import IInventoryRisk
from . import cache_age
from . import exposures
from . import sight

uses: cache_age
uses: exposures
uses: sight


@external
@view
def exposure_of(expiry: uint256) -> IInventoryRisk.Exposure:
    """
    @notice Cached value and exposures of an expiry at the present spot, or at the last accepted one.
    @param  expiry Any.
    """
    found: IInventoryRisk.Exposure = self._exposure(exposures._cached(expiry))
    found.flow = exposures._flow(expiry)[0]
    found.refreshed_at, found.refreshed_spot = cache_age._refreshed_at(expiry)
    return found


@external
@view
def total_exposure() -> IInventoryRisk.Exposure:
    """
    @notice Cached value and exposures of all options at the present spot, or at the last accepted one; the oldest
            refresh among them.
    """
    found: IInventoryRisk.Exposure = self._exposure(exposures._sum())
    found.refreshed_at = cache_age._oldest()
    return found


@internal
@view
def _exposure(sum: exposures.Sum) -> IInventoryRisk.Exposure:
    rolled: exposures.Rolled = exposures._rolled(sum, sight._viewed().spot)
    return IInventoryRisk.Exposure(
        value=rolled.value,
        dollar_delta=rolled.dollar_delta,
        dollar_gamma=rolled.dollar_gamma,
        scaled_vega=sum.vega,
        flow=0,
        refreshed_at=0,
        refreshed_spot=0,
    )
