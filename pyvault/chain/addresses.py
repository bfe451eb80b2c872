"""Addresses foretold: of an actor by its name, and where a deployer's next contracts will stand."""

from __future__ import annotations

from itertools import count

from eth_utils.address import to_canonical_address, to_checksum_address
from eth_utils.crypto import keccak

__all__ = ["address_of", "created_address", "next_addresses"]

_SHORT = 0x80  # of RLP: a number below it is its own code


def address_of(name: str) -> str:
    """Address of an actor of the devnet, the same for the same name; nobody holds its key."""
    return to_checksum_address(keccak(text=name)[12:])


def created_address(deployer: str, nonce: int) -> str:
    """Address of the contract that `deployer` creates with its transaction number `nonce`.

    The last 20 bytes of keccak(rlp([deployer, nonce])) (Ethereum Yellow Paper, equation 85).
    """
    digits = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    number = digits if 0 < nonce < _SHORT else bytes([_SHORT + len(digits)]) + digits
    body = b"\x94" + to_canonical_address(deployer) + number
    return to_checksum_address(keccak(bytes([0xC0 + len(body)]) + body)[12:])


def next_addresses(deployer: str, last: str, number: int) -> tuple[str, ...]:
    """Addresses of the next contracts of `deployer`, whose latest transaction created `last`."""
    nonce = next(n for n in count() if created_address(deployer, n) == last)
    return tuple(created_address(deployer, nonce + 1 + i) for i in range(number))
