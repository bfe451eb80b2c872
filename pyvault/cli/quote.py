"""``pyvault quote``: what the contract says an option is worth."""

from __future__ import annotations

from dataclasses import asdict

from pyvault.chain.pricer import Pricer, Valuation
from pyvault.chain.revm import RevmBackend
from pyvault.cli.options import Days, Forward, Rate, Strikes, Vol, seconds
from pyvault.cli.output import JsonFlag, console, print_json, table
from pyvault.units import WAD

__all__ = ["quote"]


def quote(
    *, forward: Forward, strike: Strikes, vol: Vol, days: Days, rate: Rate = 0.0, as_json: JsonFlag = False
) -> None:
    """Value calls and puts with the compiled contract, on an EVM inside this process.

    Example: pyvault quote -F 3000 -K 2800 -K 3000 -K 3200 -v 0.8 -T 30
    """
    pricer = Pricer.deploy(RevmBackend())
    values = [
        pricer.value(forward=forward, strike=k, implied_vol=vol, time_to_expiry_s=seconds(days), rate=rate)
        for k in strike
    ]
    if as_json:
        rows = [{"strike": k, **asdict(value)} for k, value in zip(strike, values, strict=True)]
        print_json(
            {"unit": "WAD", "forward": forward, "vol": vol, "days": days, "rate": rate, "quotes": rows}
        )
        return
    bound = max(value.error_bound for value in values) / WAD
    console.print(
        table(
            f"OptionPricer: forward {forward:g}, volatility {vol:.1%}, {days:g} days",
            ["strike", "call", "put", "delta", "gamma·F", "vega", "theta/day"],
            [_row(k, value) for k, value in zip(strike, values, strict=True)],
            "delta: of the call, by the forward · vega: per 1.00 of volatility · theta: of the call. "
            f"A trader is charged the published error bound, at most {bound:.1e}.",
        )
    )


def _row(strike: float, value: Valuation) -> list[str]:
    numbers = (value.call, value.put, value.delta_call, value.gamma_f, value.vega, value.theta_call / 365)
    return [f"{strike:g}", *(f"{number / WAD:,.4f}" for number in numbers)]
