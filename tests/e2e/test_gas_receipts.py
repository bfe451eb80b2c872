"""The in-process EVM agrees with a node on the gas of pure functions, call by call, and on deployed code."""

from itertools import islice

import pytest
from support.evm import Contract, pack
from support.gas import RUNTIME_PADDING, grid_calls
from support.pricer import FUNCTIONS, NOOP, PRICER

from pyvault.chain.anvil import running_anvil
from pyvault.chain.rpc import RpcBackend


@pytest.fixture(scope="module")
def node():
    with running_anvil() as url:
        yield RpcBackend(url)


@pytest.mark.parametrize("path", [PRICER, NOOP])
def test_gas__of_every_eight_hundredth_grid_call__equals_the_receipt_of_a_node(node, path):
    contract = Contract(path)
    sender = node.request("eth_accounts")[0]
    address = node.deploy(contract.initcode, sender)
    for name in ("black76", "option_price", "svi_variance"):
        for arguments in islice(grid_calls(name), 0, None, 800):
            data = FUNCTIONS[name].selector + pack(arguments)
            assert node.transact(address, data, sender).gas_used == contract.gas(data), (name, arguments)


def test_deployed_code__of_the_pricer__is_the_same_on_a_node_and_below_22_000_bytes(node):
    contract = Contract(PRICER)
    sender = node.request("eth_accounts")[0]
    code = node.code(node.deploy(contract.initcode, sender))
    assert code == contract.code[:-RUNTIME_PADDING]
    assert len(code) <= 22_000
