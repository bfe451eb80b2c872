"""Quotes and trades from the command line, on a devnet."""

import json

import pytest
from typer.testing import CliRunner

from pyvault.cli import app
from pyvault.errors import ContractError, InputError, SetupError

SERIES = ("2026-03-10", "3000", "call")


def invoke(*arguments):
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def told(*arguments):
    return json.loads(invoke("market", *arguments, "--json"))


@pytest.fixture(scope="module")
def devnet(tmp_path_factory):
    """A devnet in a folder of its own, with its market open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("devnet"))
        patch.setenv("COLUMNS", "80")
        invoke("devnet", "up", "--port", "0", "--timestamp", "1772530000")
        with pytest.raises(SetupError, match="pyvault market open"):
            told("list")
        assert len(told("open")["expiries"]) == 3
        yield
        invoke("devnet", "down")


@pytest.mark.usefixtures("devnet")
def test_market__from_quote_to_sale__charges_what_it_said():
    before = told("quote", *SERIES, "10")
    assert before["refusal"] == "PASSES"
    assert sum(before["parts"].values()) == pytest.approx(before["half_spread"], rel=1e-12)
    bought = told("trade", *SERIES, "10", "--cash", "5000", "--taker", "ann")
    assert bought["total"] == pytest.approx(before["total"], rel=2e-3)  # three seconds older
    assert bought["cash"] == pytest.approx(5_000.0 - bought["total"], abs=1e-6)
    assert [each["quantity"] for each in bought["positions"]] == [10.0]
    offered = told("quote", *SERIES, "10", "--sell", "--taker", "ann")
    sold = told("trade", *SERIES, "10", "--sell", "--taker", "ann")
    assert -offered["total"] == pytest.approx(sold["total"], rel=2e-3)
    assert sold["total"] < bought["total"]
    assert sold["positions"] == []


@pytest.mark.usefixtures("devnet")
def test_market__refusing_a_trade__says_why_and_by_how_much():
    invoke("market", "trade", *SERIES, "1", "--cash", "500", "--taker", "bob")
    with pytest.raises(ContractError, match=r"account's cash does not suffice, by [\d,]+\.\d+ quote"):
        told("trade", *SERIES, "100", "--taker", "bob")
    with pytest.raises(ContractError, match=r"market: too small \(the trade is too small, by 20\.\d+ quote"):
        told("trade", *SERIES, "0.01", "--taker", "bob")
    with pytest.raises(ContractError, match="market: limit"):
        told("trade", *SERIES, "1", "--taker", "bob", "--limit", "1")
    with pytest.raises(ContractError, match="margin: no selling to open yet"):
        told("trade", *SERIES[:2], "put", "1", "--sell", "--taker", "bob")


@pytest.mark.usefixtures("devnet")
def test_market__asked_why__shows_every_part_and_the_admission():
    shown = invoke("market", "quote", "--why", *SERIES, "10")
    for part in ("inventory charge I*", "half-spread H", "gamma, age of the spot", "the taker pays"):
        assert part in shown
    assert "nothing refuses it" in shown
    assert "3000 put" in invoke("market", "list")


@pytest.mark.usefixtures("devnet")
@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("tomorrow", "3000", "call", "1"), "expiry"),
        (("²", "3000", "call", "1"), "expiry"),
        (("2026-03-10", "3001", "call", "1"), "series"),
        ((*SERIES, "0"), "quantity"),
        ((*SERIES, "1", "--taker", "stranger"), "taker"),
    ],
)
def test_market__given_nonsense__names_it(arguments, name):
    with pytest.raises(InputError) as error:
        told("quote", *arguments)
    assert error.value.name == name


@pytest.mark.usefixtures("devnet")
@pytest.mark.parametrize("option", ["--cash", "--limit"])
@pytest.mark.parametrize("amount", ["nan", "inf", "-1", "1e40"])
def test_market__given_an_amount_that_is_none__names_it_and_trades_nothing(option, amount):
    with pytest.raises(InputError) as error:
        told("trade", *SERIES, "1", "--taker", "nobody", option, amount)
    assert error.value.name == option.removeprefix("--")
    with pytest.raises(InputError, match="must have traded"):
        told("quote", *SERIES, "1", "--taker", "nobody")


@pytest.mark.usefixtures("devnet")
@pytest.mark.parametrize("spot", ["-5", "nan", "1e30"])
def test_market__kept_at_a_price_that_is_none__names_it_before_time_passes(spot):
    before = json.loads(invoke("devnet", "status", "--json"))["timestamp"]
    with pytest.raises(InputError, match="spot"):
        told("keep", "--hours", "5", "--spot", spot)
    assert json.loads(invoke("devnet", "status", "--json"))["timestamp"] == before


@pytest.mark.usefixtures("devnet")
def test_market__kept_after_hours__quotes_at_the_new_price():
    before = told("quote", *SERIES, "1")["mid"]
    assert told("keep", "--hours", "2", "--spot", "3150")["spot"] == 3_150.0
    after = told("quote", *SERIES, "1")
    assert after["mid"] > before + 50.0
    assert after["refusal"] == "PASSES"
