"""A long life in process: memory stays flat over any number of calls and transactions."""

from pathlib import Path

import pytest
from support.probe import deploy_probe

from pyvault.chain.backend import DEPLOYER
from pyvault.chain.revm import RevmBackend

SLACK_MIB = 12  # a journal and its text at most; one that is kept grows by some 0.6 kB a transaction


def resident_mib():
    line = next(
        line
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        if line.startswith("VmRSS")
    )
    return int(line.split()[1]) / 1_024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the kernel's own account")
def test_memory__over_a_million_calls_and_transactions__stays_flat(count):
    backend = RevmBackend()
    probe = deploy_probe(backend)
    read = probe.functions["total"].encode(())
    writes = [probe.functions["keep"].encode((key, key + 8)) for key in range(64)]

    def live(calls):
        for i in range(calls // 2):
            backend.call(probe.address, read, DEPLOYER)
            backend.transact(probe.address, writes[i % 64], DEPLOYER)

    total = count(200_000, 1_000_000)
    live(total // 2)  # the first journals fill, the allocator finds its size
    early = resident_mib()
    live(total // 2)
    assert backend.block == 1 + total // 2
    assert resident_mib() - early < SLACK_MIB
