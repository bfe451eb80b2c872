"""Gas of a post and of reading a slice, from receipts of a node: less 21,000 and calldata."""

from __future__ import annotations

import pytest
from support.governance import OWNER
from support.vol_surface import Surface, shifted, smile

from pyvault.chain.anvil import running_anvil
from pyvault.chain.rpc import RpcBackend

DAYS = (3, 7, 14, 30, 45, 60, 90, 120, 180, 300)
INTRINSIC = 21_000
ONE_POST, TEN_POSTS, ONE_READ = 400_000, 2_600_000, 10_000


def calldata_gas(data):
    return sum(16 if byte else 4 for byte in data)


@pytest.fixture(scope="module")
def surface():
    with running_anvil() as url:
        backend = RpcBackend(url)
        for who in (OWNER, "0x" + "C3" * 20):
            backend.set_balance(who, 10**20)
        surface = Surface(backend, days=DAYS)
        surface.start({e: smile(days=d) for e, d in zip(surface.expiries, DAYS, strict=True)})
        for points in (0.02, 0.04):  # both versions of every slice are there: steady state
            surface.post(moved(surface, points))
        yield surface


def moved(surface, points, only=None):
    return {
        expiry: shifted(smile(days=days), points)
        for expiry, days in zip(surface.expiries, DAYS, strict=True)
        if only is None or days == only
    }


def execution_gas(surface, receipt, slices):
    posts = [(expiry, *curve[:7]) for expiry, curve in slices.items()]
    data = surface.contract.function("post").encode([surface.sequence, surface.backend.now, posts])
    return receipt.gas_used - INTRINSIC - calldata_gas(data)


def test_post__of_one_expiry_between_two_others__costs_less_than_its_ceiling(surface):
    slices = moved(surface, 0.08, only=30)
    gas = execution_gas(surface, surface.post(slices), slices)
    print("one expiry:", gas)  # noqa: T201 - shown with -s
    assert gas <= ONE_POST


def test_post__of_ten_expiries__costs_less_than_its_ceiling(surface):
    slices = moved(surface, 0.1)
    gas = execution_gas(surface, surface.post(slices), slices)
    print("ten expiries:", gas)  # noqa: T201 - shown with -s
    assert gas <= TEN_POSTS


@pytest.mark.parametrize(("function", "ceiling"), [("slice_of", ONE_READ), ("implied_vol", 12_000)])
def test_reading__from_cold_storage__costs_less_than_its_ceiling(surface, function, ceiling):
    arguments = (surface.expiries[3],) if function == "slice_of" else (surface.expiries[3], 10**16)
    data = surface.contract.function(function).encode(arguments)
    receipt = surface.backend.transact(surface.contract.address, data, OWNER)
    gas = receipt.gas_used - INTRINSIC - calldata_gas(data)
    print(f"{function}:", gas)  # noqa: T201 - shown with -s
    assert receipt.status
    assert gas <= ceiling
