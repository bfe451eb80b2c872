"""Every error that pyvault raises, named for what the caller should do next.

::

    PyvaultError
    ├── InputError (ValueError)      fix the argument: it names the value and the rule
    │   └── MarketDataError          reject the feed: it names the source, the value and the rule
    ├── FitError (RuntimeError)      the data admits no calibration within the stated rules
    ├── SetupError (RuntimeError)    install or build something: it names the remedy
    └── ChainError (RuntimeError)    a call failed on the chain
        └── ContractError            the contract refused: it carries the revert reason
"""

from __future__ import annotations

__all__ = [
    "ChainError",
    "ContractError",
    "FitError",
    "InputError",
    "MarketDataError",
    "PyvaultError",
    "SetupError",
]


class PyvaultError(Exception):
    """Base of all errors raised on purpose by pyvault."""


class InputError(PyvaultError, ValueError):
    """An argument breaks a rule.

    Parameters
    ----------
    name
        The argument, with its index when it is one element of an array: ``"strike[17]"``.
    value
        The offending value.
    rule
        What a valid value satisfies, in words: ``"must be positive and finite"``.
    """

    def __init__(self, name: str, value: object, rule: str) -> None:
        self.name = name
        self.value = value
        self.rule = rule
        super().__init__(f"{name} = {value!r}: {rule}")


class MarketDataError(InputError):
    """A market-data file or feed is unusable; ``source`` says which."""

    def __init__(self, source: str, name: str, value: object, rule: str) -> None:
        super().__init__(name, value, rule)
        self.source = source
        self.args = (f"{source}: {name} = {value!r}: {rule}",)


class FitError(PyvaultError, RuntimeError):
    """A calibration found no solution inside its rules."""


class SetupError(PyvaultError, RuntimeError):
    """Something outside Python is missing or stale; ``remedy`` says what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem}. {remedy}")


class ChainError(PyvaultError, RuntimeError):
    """A node or an in-process EVM could not carry out a call."""


class ContractError(ChainError):
    """A contract reverted; ``reason`` is its revert string, empty for an arithmetic revert.

    A reason reads ``"module: rule"``; ``module`` and ``rule`` are its parts, the first empty if it has none.
    """

    def __init__(self, reason: str, call: str = "") -> None:
        self.reason = reason
        self.call = call
        module, colon, rule = reason.partition(": ")
        self.module, self.rule = (module, rule) if colon else ("", reason)
        text = reason or "reverted without a reason (arithmetic, decoding, or out of gas)"
        super().__init__(f"{call}: {text}" if call else text)
