"""One Anvil for all end-to-end tests."""

import pytest

from pyvault.chain.anvil import running_anvil
from pyvault.chain.rpc import RpcBackend


@pytest.fixture(scope="session")
def anvil_url():
    with running_anvil() as url:
        yield url


@pytest.fixture(scope="session")
def rpc(anvil_url):
    return RpcBackend(anvil_url)
