# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Devnet token
@author  The pyvault authors
@license AGPL-3.0-only
@notice  An ERC-20 with EIP-2612 permits and any number of decimals, for local chains: the stand-in for WETH
         or USDC. Every rule is snekmate's; a transfer moves exactly its amount, returns true and calls
         nobody.
@dev     The deployer owns it and mints.
@custom:kill None: it is worth nothing. Deploy another one.
@custom:trust The owner and the minters it names create tokens at will; nobody can move or freeze those of
         others.
"""

from snekmate.auth import ownable
from snekmate.tokens import erc20

from ..interfaces import IDevnetToken

implements: IDevnetToken
initializes: ownable
initializes: erc20[ownable := ownable]

exports: (
    # ERC-20
    erc20.name,
    erc20.symbol,
    erc20.decimals,
    erc20.totalSupply,
    erc20.balanceOf,
    erc20.allowance,
    erc20.transfer,
    erc20.transferFrom,
    erc20.approve,
    # ERC-2612 and ERC-5267
    erc20.permit,
    erc20.nonces,
    erc20.DOMAIN_SEPARATOR,
    erc20.eip712Domain,
    # Supply
    erc20.mint,
    erc20.burn,
    erc20.burn_from,
    erc20.is_minter,
    erc20.set_minter,
    # Ownership
    erc20.owner,
    erc20.transfer_ownership,
    erc20.renounce_ownership,
)


@deploy
def __init__(name: String[25], symbol: String[5], decimals: uint8):
    """
    @notice Name the token; the deployer becomes owner and minter.
    @param  name For people; also the name of the signing domain, whose version is "1".
    @param  symbol For people.
    @param  decimals Of the display; balances are whole numbers of the smallest unit.
    """
    ownable.__init__()
    erc20.__init__(name, symbol, decimals, name, "1")
