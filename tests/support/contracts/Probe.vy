# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title  What a chain must keep: storage, the clock, logs, ether, transient storage, children
"""

event Kept:
    sender: indexed(address)
    key: indexed(uint256)
    was: uint256
    now: uint256


struct Clock:
    timestamp: uint256
    number: uint256
    chain_id: uint256


kept: public(HashMap[uint256, uint256])
total: public(uint256)
mark: transient(uint256)
birth: immutable(uint256)


@deploy
@payable
def __init__(least: uint256):
    assert least != 0, "probe: least is zero"
    birth = least


@external
@payable
def keep(key: uint256, word: uint256):
    assert word != 7, "probe: word is seven"
    assert self.mark == 0, "probe: transient storage leaked"
    self.mark = 1
    was: uint256 = self.kept[key]
    self.total = self.total - was + word
    self.kept[key] = word
    log Kept(sender=msg.sender, key=key, was=was, now=word)


@external
def burn(word: uint256):
    spent: uint256 = 0
    for i: uint256 in range(1_000_000):
        spent = unsafe_add(spent, word)
        self.kept[i] = spent


@external
def overflow(word: uint256) -> uint256:
    return max_value(uint256) + word


@external
def pay(receiver: address, wei_amount: uint256):
    send(receiver, wei_amount)


@external
def spawn(salt: uint256) -> address:
    return create_minimal_proxy_to(self)


@external
@view
def clock() -> Clock:
    return Clock(timestamp=block.timestamp, number=block.number, chain_id=chain.id)


@external
@view
def born() -> uint256:
    return birth
