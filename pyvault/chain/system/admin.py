"""Verbs of governance: announce, carry out, cancel, pause; and the table of who may call what."""

from __future__ import annotations

from decimal import Decimal

from pyvault.chain.backend import Receipt
from pyvault.chain.parameters import Kind, Pause, action_id, parameter
from pyvault.chain.roles import ANYONE, read_roles
from pyvault.chain.system.parts import Parts
from pyvault.chain.system.values import Selector

__all__ = ["Admin"]

_VIEWS = ("view", "pure")


class Admin(Parts):
    """`RiskParameters`; a parameter goes by its name or id, and its value is in its own unit."""

    __slots__ = ()

    def parameter(self, key: str | int) -> Decimal:
        """Value in force, in the parameter's unit."""
        row = parameter(key)
        return row.number(self.part("parameters").call("value", row.id))

    def schedule(self, caller: str | None, key: str | int, value: Decimal | int | str) -> Receipt:
        """Announce a value; the owner's."""
        row = parameter(key)
        return self.act("parameters", "schedule", row.id, row.raw(value), caller=caller, role="owner")

    def execute(self, caller: str | None, key: str | int) -> Receipt:
        """Carry out a value that was announced; anyone's, the owner without a caller."""
        return self.act("parameters", "execute", parameter(key).id, caller=caller, role="owner")

    def cancel(self, caller: str | None, key: str | int) -> Receipt:
        """Withdraw a value that was announced; the owner's or the guardian's, the owner without a caller."""
        action = action_id(Kind.VALUE, parameter(key).id)
        return self.act("parameters", "cancel", action, caller=caller, role="owner")

    def pause(self, caller: str | None, modes: Pause) -> Receipt:
        """Stop what `modes` say, at once; the owner's or the guardian's, the guardian without a caller."""
        return self.act("parameters", "pause", int(modes), caller=caller, role="guardian")

    def paused(self) -> Pause:
        """What is stopped."""
        return Pause(self.part("parameters").call("paused"))

    def selectors(self) -> tuple[Selector, ...]:
        """Every external function of every deployed contract; those that change nothing are anyone's.

        Raises
        ------
        KeyError
            If ``roles.toml`` forgets a function that changes state.
        """
        table, found = read_roles(), []
        for contract in {each.artifact.name: each for each in self.contracts.values()}.values():
            name = contract.artifact.name
            for function in contract.functions.values():
                is_view = function.mutability in _VIEWS
                found.append(
                    Selector(
                        contract=name,
                        signature=function.signature,
                        selector=function.selector,
                        mutability=function.mutability,
                        roles=(ANYONE,) if is_view else table[name][function.signature],
                    )
                )
        return tuple(sorted(found, key=lambda each: (each.contract, each.signature)))
