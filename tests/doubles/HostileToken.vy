# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   A token that misbehaves on request
@author  The pyvault authors
@license AGPL-3.0-only
@notice  An ERC-20 that anyone mints, and that breaks in the way that its mode says. No lock: it may be entered again.
"""

HONEST: constant(uint256) = 0
TAKES_A_FEE: constant(uint256) = 1  # a hundredth of what is moved
RETURNS_NOTHING: constant(uint256) = 2
RETURNS_FALSE: constant(uint256) = 3  # and moves nothing
LIES: constant(uint256) = 4  # says that it moved what it did not
REENTERS: constant(uint256) = 5
REFUSES: constant(uint256) = 6  # to move to whom it has blacklisted
BURNS_GAS: constant(uint256) = 7

decimals: public(uint256)
balanceOf: public(HashMap[address, uint256])
entered: public(uint256)  # calls made in mode REENTERS
succeeded: public(uint256)  # of them
heard: public(Bytes[128])  # answer to the last of them
_mode: uint256
_refused: HashMap[address, bool]
_target: address
_data: Bytes[1024]


@deploy
def __init__(decimals: uint256):
    self.decimals = decimals


@external
def mint(receiver: address, amount: uint256):
    self.balanceOf[receiver] += amount


@external
def set_mode(mode: uint256):
    self._mode = mode


@external
def refuse(receiver: address, is_refused: bool):
    self._refused[receiver] = is_refused


@external
def enter_later(target: address, data: Bytes[1024]):
    self._target = target
    self._data = data
    self.entered = 0
    self.succeeded = 0


@external
@raw_return
def transfer(receiver: address, amount: uint256) -> Bytes[32]:
    return self._move(msg.sender, receiver, amount)


@external
@raw_return
def transferFrom(sender: address, receiver: address, amount: uint256) -> Bytes[32]:
    return self._move(sender, receiver, amount)


@internal
def _move(sender: address, receiver: address, amount: uint256) -> Bytes[32]:
    mode: uint256 = self._mode
    assert not (mode == REFUSES and self._refused[receiver]), "token: refused"
    if mode == BURNS_GAS:
        raise UNREACHABLE
    if mode == RETURNS_FALSE:
        return abi_encode(False)
    if mode == LIES:
        return abi_encode(True)
    if mode == REENTERS:
        self._enter()
    self.balanceOf[sender] -= amount
    self.balanceOf[receiver] += amount - amount // 100 if mode == TAKES_A_FEE else amount
    if mode == RETURNS_NOTHING:
        return b""
    return abi_encode(True)


@internal
def _enter():
    success: bool = False
    success, self.heard = raw_call(self._target, self._data, max_outsize=128, revert_on_failure=False)
    self.entered += 1
    if success:
        self.succeeded += 1
