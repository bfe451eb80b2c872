"""What both engines promise alike: clock, effects, refusals, snapshots, and the whole state."""

from dataclasses import replace

import pytest
from eth_utils import keccak, to_canonical_address, to_checksum_address
from support.probe import deploy_probe, probe_artifact

from pyvault.chain.anvil import running_anvil
from pyvault.chain.backend import BLOCK_INTERVAL_S, CHAIN_ID, GENESIS_S, Backend
from pyvault.chain.codec import encode_constructor
from pyvault.chain.revm import RevmBackend
from pyvault.chain.rpc import RpcBackend
from pyvault.errors import ChainError, ContractError, InputError

ACTOR, OTHER = "0x" + "a1" * 20, "0x" + "b2" * 20
ETHER = 10**18


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    path = tmp_path_factory.mktemp("node") / "anvil.ipc"
    with running_anvil(timestamp=GENESIS_S, socket_file=path) as url:
        yield {"http": url, "socket": str(path)}


@pytest.fixture(params=["revm", "revm, short journal", "anvil over http", "anvil over its socket"])
def backend(request, node):
    if request.param == "revm":
        yield RevmBackend()
    elif request.param == "revm, short journal":
        yield RevmBackend(longest_journal=1)
    else:
        rpc = RpcBackend(node["socket" if "socket" in request.param else "http"])
        name = rpc.snapshot()
        yield rpc
        rpc.revert(name)


@pytest.fixture
def probe(backend):
    return deploy_probe(backend)


def test_backend__of_either_kind__satisfies_the_protocol(backend):
    assert isinstance(backend, Backend)


def test_transact__that_succeeds__keeps_state_and_returns_the_decoded_log(backend, probe):
    receipt = probe.transact("keep", 3, 8, sender=ACTOR)
    (event,) = probe.occurrences(receipt)
    assert receipt.status
    assert receipt.reason == ""
    assert event.name == "Kept"
    assert event.fields._asdict() == {"sender": to_checksum_address(ACTOR), "key": 3, "was": 0, "now": 8}
    assert probe.call("kept", 3) == probe.call("total") == 8
    assert backend.storage(probe.address, 1) == 8


def test_transact__in_sequence__is_one_block_each_at_the_interval(backend, probe):
    block, now = backend.block, backend.now
    receipts = [probe.transact("keep", 1, word, sender=ACTOR) for word in (1, 7, 2)]
    assert [receipt.block for receipt in receipts] == [block + 1, block + 2, block + 3]
    assert [receipt.status for receipt in receipts] == [True, False, True]
    assert backend.now == now + 3 * BLOCK_INTERVAL_S
    assert backend.block == block + 3


def test_call__at_any_time__sees_the_clock_of_the_newest_block(backend, probe):
    probe.send("keep", 1, 2, sender=ACTOR)
    assert tuple(probe.call("clock")) == (backend.now, backend.block, CHAIN_ID)
    backend.warp(86_400)
    assert tuple(probe.call("clock")) == (backend.now, backend.block, CHAIN_ID)


def test_call__of_a_function_that_writes__leaves_no_trace(backend, probe):
    before = backend.dump()
    probe.call("keep", 1, 2)
    assert backend.dump() == before


@pytest.mark.parametrize(
    ("function", "arguments", "reason"),
    [("keep", (1, 7), "probe: word is seven"), ("overflow", (1,), ""), ("burn", (1,), "")],
)
def test_transact__that_is_refused_or_runs_out_of_gas__changes_nothing_but_the_nonce(
    backend, probe, function, arguments, reason
):
    before = backend.dump()
    receipt = probe.transact(function, *arguments, sender=ACTOR)
    after = backend.dump()
    assert (receipt.status, receipt.reason, receipt.logs) == (False, reason, ())
    assert after.pop(to_checksum_address(ACTOR)).nonce == 1
    assert after == before


@pytest.mark.parametrize(
    ("function", "arguments", "reason"),
    [("keep", (1, 7), "probe: word is seven"), ("overflow", (1,), ""), ("burn", (1,), "")],
)
def test_call_and_send__refused__raise_the_typed_reason(probe, function, arguments, reason):
    for attempt in (probe.call, probe.send):
        with pytest.raises(ContractError) as caught:
            attempt(function, *arguments, sender=ACTOR)
        assert (caught.value.reason, caught.value.call) == (reason, f"Probe.{function}")
        assert caught.value.module == ("probe" if reason else "")


def test_deploy__refused_by_the_constructor__raises_its_reason_and_uses_a_nonce(backend):
    first = deploy_probe(backend, sender=ACTOR).address
    with pytest.raises(ContractError, match="probe: least is zero"):
        deploy_probe(backend, least=0, sender=ACTOR)
    second = deploy_probe(backend, sender=ACTOR).address
    assert first != second
    assert backend.dump()[to_checksum_address(ACTOR)].nonce == 3


def test_deploy__after_transactions__has_the_address_of_the_sender_s_nonce(backend, probe):
    for word in (1, 7, 2):
        probe.transact("keep", 1, word, sender=ACTOR)
    address = deploy_probe(backend, sender=ACTOR).address
    rlp = b"\xd6\x94" + to_canonical_address(ACTOR) + b"\x03"
    assert address == to_checksum_address(keccak(rlp)[12:])


def test_code__of_a_contract__is_its_runtime_with_its_immutables(backend, probe):
    assert backend.code(probe.address) == probe_artifact().runtime + (5).to_bytes(32, "big")
    assert backend.code(ACTOR) == b""
    assert probe.call("born") == 5


def test_transact__with_ether__moves_it_and_without_ether_is_not_mined(backend, probe):
    block, now = backend.block, backend.now
    with pytest.raises(ChainError):
        probe.transact("keep", 1, 1, sender=ACTOR, value=1)
    assert (backend.block, backend.now) == (block, now)
    backend.set_balance(ACTOR, 3 * ETHER)
    probe.send("keep", 1, 1, sender=ACTOR, value=ETHER)
    refused = probe.transact("keep", 1, 7, sender=ACTOR, value=ETHER)
    probe.send("pay", OTHER, ETHER // 4, sender=ACTOR)
    assert not refused.status
    assert [backend.balance(address) for address in (ACTOR, probe.address, OTHER)] == [
        2 * ETHER,
        ETHER * 3 // 4,
        ETHER // 4,
    ]


def test_transact__twice__finds_transient_storage_empty(probe):
    for word in (1, 2):
        probe.send("keep", 1, word, sender=ACTOR)
    probe.call("keep", 1, 3)
    probe.send("keep", 1, 4, sender=ACTOR)


def test_revert__to_nested_snapshots__restores_state_clock_nonce_and_spends_them(backend, probe):
    probe.send("keep", 1, 10, sender=ACTOR)
    outer, outer_state, outer_clock = backend.snapshot(), backend.dump(), (backend.block, backend.now)
    probe.send("keep", 1, 20, sender=ACTOR)
    inner, inner_state = backend.snapshot(), backend.dump()
    probe.send("keep", 2, 30, sender=ACTOR)
    deploy_probe(backend, sender=ACTOR)
    backend.warp(1_000)
    backend.revert(inner)
    assert backend.dump() == inner_state
    probe.send("keep", 2, 40, sender=OTHER)
    backend.revert(outer)
    assert backend.dump() == outer_state
    assert (backend.block, backend.now) == outer_clock
    assert tuple(probe.call("clock"))[:2] == (outer_clock[1], outer_clock[0])
    for name in (inner, outer):
        with pytest.raises(ChainError, match="snapshot"):
            backend.revert(name)


def test_revert__to_the_outer_of_two_snapshots__spends_the_inner(backend, probe):
    outer, state = backend.snapshot(), backend.dump()
    probe.send("keep", 1, 20, sender=ACTOR)
    inner = backend.snapshot()
    probe.send("keep", 1, 30, sender=ACTOR)
    backend.revert(outer)
    assert backend.dump() == state
    with pytest.raises(ChainError, match="snapshot"):
        backend.revert(inner)
    probe.send("keep", 1, 5, sender=ACTOR)
    assert probe.call("total") == 5


def test_revert__after_ether_was_given__takes_it_back(backend, probe):
    backend.set_balance(ACTOR, 5)
    name, state = backend.snapshot(), backend.dump()
    backend.set_balance(ACTOR, 7)
    backend.set_balance(OTHER, 9)
    probe.send("keep", 1, 2, sender=ACTOR, value=3)
    backend.revert(name)
    assert [backend.balance(each) for each in (ACTOR, OTHER, probe.address)] == [5, 0, 0]
    assert backend.dump() == state


def test_revert__at_once_after_a_transaction__neither_repeats_it_nor_loses_the_next(backend, probe):
    """A node's receipt precedes the end of its work: forty times, for the race is not lost each time."""
    for word in range(100, 140):
        name, block = backend.snapshot(), backend.block
        probe.send("keep", 1, word, sender=ACTOR)
        backend.revert(name)
        receipt = probe.send("keep", 2, word, sender=ACTOR)
        assert receipt.block == block + 1
        assert [probe.call("kept", key) for key in (1, 2)] == [0, word]


def test_revert__while_the_pool_holds_what_was_mined__waits_until_it_has_left(node, monkeypatch):
    """The race of the test above, decided: the node's pool is seen full twice."""
    rpc = RpcBackend(node["http"])
    name, real, asked, pool = rpc.snapshot(), rpc.request, [], ["0x1", "0x1"]

    def request(method, *parameters):
        asked.append(method)
        if method == "txpool_status" and pool:
            return {"pending": pool.pop(), "queued": "0x0"}
        return real(method, *parameters)

    monkeypatch.setattr(rpc, "request", request)
    rpc.revert(name)
    assert asked == ["txpool_status"] * 3 + ["evm_revert"]


def test_snapshots__far_more_than_a_call_stack_is_deep__all_return(backend, probe):
    names = []
    for word in range(10, 260):
        names.append(backend.snapshot())
        probe.send("keep", 1, word, sender=ACTOR)
    for word in (200, 100, 10):
        backend.revert(names[word - 10])
        assert probe.call("total") == (word - 1 if word > 10 else 0)


def test_warp_and_mine__move_the_clock__and_refuse_to_stand_still(backend):
    block, now = backend.block, backend.now
    backend.warp(1)
    assert (backend.block, backend.now) == (block + 1, now + 1)
    backend.mine(3)
    assert (backend.block, backend.now) == (block + 4, now + 1 + 3 * BLOCK_INTERVAL_S)
    backend.mine()
    assert (backend.block, backend.now) == (block + 5, now + 1 + 4 * BLOCK_INTERVAL_S)
    for move in (backend.warp, backend.mine):
        with pytest.raises(InputError):
            move(0)


def test_dump__of_a_world__holds_every_word_and_no_zero(backend, probe):
    for key, word in ((1, 5), (2, 6), (1, 0)):
        probe.send("keep", key, word, sender=ACTOR)
    account = backend.dump()[probe.address]
    assert sorted(account.storage.values()) == [6, 6]  # the total, and key 2
    assert account.storage[1] == 6
    assert account.nonce == 1


def test_dump__after_a_contract_made_another__holds_the_child(backend, probe):
    child = probe.call("spawn", 1, sender=ACTOR)
    probe.send("spawn", 1, sender=ACTOR)
    dump = backend.dump()
    assert dump[child].code == backend.code(child)
    assert len(dump[child].code) == 45
    assert dump[probe.address].nonce == 2


def test_call__of_an_address_without_code__is_refused_when_decoded(probe):
    nowhere = replace(probe, address=to_checksum_address(OTHER))
    with pytest.raises(ChainError, match="total"):
        nowhere.call("total")


def test_encode__of_wrong_arguments__names_the_rule(probe):
    for arguments in ((1,), (1, 2, 3), (1, -1), (1, 2**256), (1, "x")):
        with pytest.raises(InputError):
            probe.call("keep", *arguments)
    with pytest.raises(InputError, match="function"):
        probe.call("nothing")
    with pytest.raises(InputError, match="constructor"):
        encode_constructor(probe_artifact(), [])


BAD_ADDRESSES = ("", "0x12", "0x" + "zz" * 20, "a1" * 20, "0x" + "a1" * 19 + "  ", None, 5)


@pytest.mark.parametrize("bad", [*BAD_ADDRESSES, "0xF39fd6e51aad88F6F4ce6aB8827279cffFb92266"])
def test_address__that_is_none_or_has_a_wrong_digit__is_refused_alike_and_nothing_moves(backend, probe, bad):
    clock, before = (backend.block, backend.now), backend.dump()
    for attempt in (
        lambda: backend.transact(bad, b"", ACTOR),
        lambda: backend.transact(probe.address, b"", bad),
        lambda: backend.call(bad, b"", ACTOR),
        lambda: backend.call(probe.address, b"", bad),
        lambda: backend.deploy(b"", bad),
        lambda: backend.code(bad),
        lambda: backend.balance(bad),
        lambda: backend.storage(bad, 0),
        lambda: backend.set_balance(bad, 1),
    ):
        with pytest.raises(InputError, match="address"):
            attempt()
    assert ((backend.block, backend.now), backend.dump()) == (clock, before)
    probe.send("keep", 1, 2, sender=ACTOR)
    assert backend.block == clock[0] + 1


@pytest.mark.parametrize("bad", [-1, 2**256, 1.5, "1"])
def test_number__that_is_no_word__is_refused_alike_and_nothing_moves(backend, probe, bad):
    clock, before = (backend.block, backend.now), backend.dump()
    for attempt in (
        lambda: backend.transact(probe.address, b"", ACTOR, bad),
        lambda: backend.set_balance(ACTOR, bad),
        lambda: backend.storage(probe.address, bad),
        lambda: backend.warp(bad),
        lambda: backend.mine(bad),
    ):
        with pytest.raises(InputError):
            attempt()
    assert ((backend.block, backend.now), backend.dump()) == (clock, before)
    backend.warp(1)
    assert backend.now == clock[1] + 1


def test_sender__that_is_a_contract__is_refused_as_on_every_chain(backend, probe):
    before, block = backend.dump(), backend.block
    for attempt in (probe.call, probe.send):
        with pytest.raises(ChainError, match="invalid") as caught:
            attempt("keep", 1, 1, sender=probe.address)
        assert not isinstance(caught.value, ContractError)
    assert (backend.dump(), backend.block) == (before, block)
