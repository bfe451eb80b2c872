"""The page of refusals names every reason that a contract can give, no other, and tests that speak of it."""

from __future__ import annotations

import ast
import re

import pytest
from support.governance import artifact_of
from support.stands import PATHS
from support.tree import ROOT, sources

PAGE = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
WRITTEN = re.compile(r'"([a-z][a-z0-9_]*: [^"\n]+)"')
PUSHED = re.compile(rb"\x7f(.{32})", re.DOTALL)  # PUSH32: a word of a revert string
TEXT = re.compile(rb"[a-z][a-z0-9_]*: [ -~]*\0*")
NAMED = re.compile(r"`(test_\w+\.py)::(test_\w+)`")
RULES = "Rules that do not revert"
NONE = "—"


def sections(page):
    """Rows of the table of each section, cell by cell; a stroke in a cell is escaped."""
    parts = SECTION.split(page)[1:]
    found = {}
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        lines = [line for line in text.splitlines() if line.startswith("| ")][1:]
        found[name] = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return found


TABLES = sections(PAGE)
CONTRACTS = {name: rows for name, rows in TABLES.items() if name != RULES}


def reason_of(row):
    """The reason in code quotes, which are doubled where it holds one itself."""
    return row[0].removeprefix("`` ").removesuffix(" ``").strip("`") if "``" not in row[0] else row[0][3:-3]


def reasons(rows):
    return [reason_of(row) for row in rows]


def begins(code):
    """First words of the revert strings that compiled code pushes."""
    words = (match[1] for match in PUSHED.finditer(code))
    return {word.rstrip(b"\0").decode() for word in words if TEXT.fullmatch(word)}


def words_of(reason):
    """The words of a reason as compiled code pushes them."""
    data = reason.encode()
    return [data[i : i + 32].ljust(32, b"\0") for i in range(0, len(data), 32)]


def differences(listed, code):
    """Reasons that a table names and the code cannot give, and the other way round."""
    missing = [reason for reason in listed if not all(b"\x7f" + word in code for word in words_of(reason))]
    return missing + sorted(begins(code) - {reason[:32] for reason in listed})


def definitions(text):
    """Source of each test, with that of the tables of the file that it uses."""
    tree = ast.parse(text)
    tables = {
        target.id: ast.get_source_segment(text, node)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            begin = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            body = "\n".join(text.splitlines()[begin - 1 : node.end_lineno])
            used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            found[node.name] = "\n".join([body, *(tables[name] for name in sorted(used & set(tables)))])
    return found


def read_tests():
    """Tests by file and name; files by the last part of their path, which no two share."""
    found = {}
    for path, text in sources(".py", below="tests").items():
        name = path.split("/")[-1]
        if name.startswith("test_"):
            assert name not in found, f"two files are named {name}"
            found[name] = definitions(text)
    return found


TESTS = read_tests()


def row_faults(row, tests):
    """What is wrong with the tests that a row of reasons names."""
    _, rule, _, tripped, inside = row
    trips, insides = NAMED.findall(tripped), NAMED.findall(inside)
    unknown = [name for file, name in trips + insides if name not in tests.get(file, {})]
    faults = [f"no such test: {name}" for name in unknown]
    is_out_of_reach = rule.startswith("Cannot happen: ") and tripped == NONE
    if not trips and not is_out_of_reach:
        faults.append("no test trips it")
    if not insides:
        faults.append("no test stands just inside")
    said = reason_of(row).partition(": ")[2]
    mute = [name for file, name in trips if name not in unknown and said not in tests[file][name]]
    return faults + [f"does not speak of it: {name}" for name in mute]


def test_page__has_a_table_for_every_contract_that_deploys_and_no_other():
    assert set(CONTRACTS) == set(PATHS)


@pytest.mark.parametrize("contract", PATHS)
def test_table__of_a_contract__names_every_reason_in_its_code_and_no_other(contract):
    listed = reasons(CONTRACTS[contract])
    assert len(set(listed)) == len(listed)
    assert differences(listed, artifact_of(PATHS[contract]).initcode) == []


def test_page__names_every_reason_written_in_the_sources():
    """A reason that no contract can give any more stands in the sources for nothing."""
    written = {
        reason for text in sources(".vy", below="contracts").values() for reason in WRITTEN.findall(text)
    }
    listed = {reason for rows in CONTRACTS.values() for reason in reasons(rows)}
    of_the_library = {
        reason for reason in listed if reason.partition(":")[0] in {"ownable", "erc20", "ecdsa"}
    }
    assert written == listed - of_the_library


@pytest.mark.parametrize("row", [row for rows in CONTRACTS.values() for row in rows], ids=reason_of)
def test_reason__of_the_page__is_tripped_and_has_a_test_just_inside(row):
    assert row_faults(row, TESTS) == []


@pytest.mark.parametrize("row", TABLES[RULES], ids=lambda row: row[1])
def test_rule_without_revert__of_the_page__names_tests_on_both_sides_or_says_later(row):
    _, rule, tripped, inside = row
    named = NAMED.findall(tripped), NAMED.findall(inside)
    if rule.startswith("*Later*: "):
        assert named == ([], [])
    else:
        assert all(named)
    assert [name for each in named for file, name in each if name not in TESTS.get(file, {})] == []


GOOD = ["`a: too low`", "x ≥ 1", "raise it", "`test_a.py::test_low`", "`test_a.py::test_one`"]
SOURCE = 'REASON = "too low"\ndef test_low(): f(REASON)\ndef test_one(): pass\ndef test_mute(): pass'


@pytest.mark.parametrize(
    ("place", "cell"),
    [
        (3, "`test_a.py::test_mute`"),
        (3, "`test_a.py::test_gone`"),
        (3, "`test_b.py::test_low`"),
        (3, NONE),
        (4, NONE),
        (4, "— `test_a.py::test_gone`, `test_a.py::test_one`"),
        (0, "`a: too high`"),
    ],
)
def test_row_faults__planted__are_found(place, cell):
    tests = {"test_a.py": definitions(SOURCE)}
    assert row_faults(GOOD, tests) == []
    assert len(row_faults([*GOOD[:place], cell, *GOOD[place + 1 :]], tests)) == 1


def test_differences__planted_in_either_direction__are_found():
    short, long = "a: too low", "a: too low, and of more than thirty-two bytes"
    code = b"\x5f" + b"".join(b"\x7f" + word for reason in (short, long) for word in words_of(reason))
    assert differences([short, long], code) == []
    assert differences([short], code) == [long[:32]]
    assert differences([short, long, "a: gone"], code) == ["a: gone"]
    assert differences([short, long + ", or so"], code) == [long + ", or so"]


def test_sections__of_a_page__are_tables_with_escaped_strokes():
    page = "# P\n\n## A\n\n| reason | rule |\n|---|---|\n| `a: b` | \\|x\\| |\n\n## B\n"
    assert sections(page) == {"A": [["`a: b`", "\\|x\\|"]], "B": []}
    assert reason_of(["`` a: `s` ``"]) == "a: `s`"
