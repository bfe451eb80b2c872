"""The market's page: its example runs, and its table of refusals is that of the contracts."""

import doctest
import re

from support.tree import ROOT

from pyvault.chain.system.trading import Refusal

PAGE = ROOT / "docs" / "market.md"
ROW = re.compile(r"^\| (\d+) \| (?:`([^`]+)`)? ?\|", re.MULTILINE)
NUMBER = re.compile(r"^([A-Z_]+): constant\(uint256\) = (\d+)(?:  #.*)?$", re.MULTILINE)
WORDS = re.compile(r'require\._that\(refusal != ([A-Z_]+), "([^"]+)"\)')


def listed():
    return {int(number): words or None for number, words in ROW.findall(PAGE.read_text(encoding="utf-8"))}


def test_page__on_the_market__runs_as_it_reads():
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.attempted > 15
    assert found.failed == 0


def test_refusals__of_the_page__have_the_numbers_and_words_of_the_contract():
    source = (ROOT / "contracts/libs/admission.vy").read_text(encoding="utf-8")
    numbers = {name: int(number) for name, number in NUMBER.findall(source)}
    words = {numbers[name]: reason for name, reason in WORDS.findall(source)}
    assert len(words) == 16
    engine = {  # what a trade hears from it
        Refusal.PAYMENT: "margin: not enough cash",
        Refusal.SELLING: "margin: no selling to open yet",
        Refusal.PLACES: "margin: too many positions",
    }
    paths = ("contracts/MarginEngine.vy", "contracts/libs/state/positions_book.vy")
    said = "".join((ROOT / path).read_text(encoding="utf-8") for path in paths)
    assert all(f'"{reason}"' in said for reason in engine.values())
    assert listed() == {0: None} | words | engine


def test_refusals__by_name__have_the_numbers_of_the_contract():
    source = (ROOT / "contracts/libs/admission.vy").read_text(encoding="utf-8")
    numbers = {name: int(number) for name, number in NUMBER.findall(source)}
    assert {each.name: each.value for each in Refusal}.items() <= numbers.items()
