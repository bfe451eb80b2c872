"""What every Vyper file keeps to: spoken asserts, pragmas, bounds of unsafe code, one owner of storage."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass

import pytest
from support.tree import ROOT, sources

COMPILER = "# pragma version 0.4.3"
LOCK = "# pragma nonreentrancy on"
REASON = re.compile(r'"[a-z][a-z0-9_ ]*: [^A-Z"]+"')
LONGEST_REASON = 32  # bytes: one word of revert data
BOUND = re.compile(r"#.*\bunsafe: .*(?:[<>=]|\d|wraps)", re.DOTALL)
EXPERIMENT = re.compile(r"experimental[-_ ]codegen|\bvenom\b", re.IGNORECASE)
BLANK = {tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


WRITES = {"=", "+=", "-=", "*=", "//=", "%=", "|=", "&=", "^=", "append", "pop"}


@dataclass(frozen=True)
class Statement:
    """One logical line: its first physical line, and its tokens without comments."""

    line: int
    tokens: tuple[str, ...]


def tokens_of(text):
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


def statements(text):
    """Logical lines, docstrings and comments left out."""
    collected, start = [], 0
    for token in tokens_of(text):
        if token.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
            if collected and not (len(collected) == 1 and collected[0][0] in "\"'"):
                yield Statement(start, tuple(collected))
            collected = []
        elif token.type not in BLANK and token.type != tokenize.COMMENT:
            start = start if collected else token.start[0]
            collected.append(token.string)


def silent_asserts(text):
    """Asserts and raises whose last argument is not ``"module: reason"`` of at most 32 bytes."""
    for statement in statements(text):
        if statement.tokens[0] not in ("assert", "raise"):
            continue
        last = statement.tokens[-1]
        speaks = REASON.fullmatch(last) and len(last.encode()) - 2 <= LONGEST_REASON
        has_comma = statement.tokens[0] == "raise" or statement.tokens[-2] == ","
        if not (speaks and has_comma):
            yield f"line {statement.line}: {' '.join(statement.tokens)}"


def silent_requirements(text):
    """Calls of ``require._that`` whose last argument is not such a reason, literally."""
    for statement in statements(text):
        tokens = statement.tokens
        if "_that" in tokens and tokens[0] != "def":
            last = tokens[-2]
            speaks = REASON.fullmatch(last) and len(last.encode()) - 2 <= LONGEST_REASON
            if not (tokens[:4] == ("require", ".", "_that", "(") and tokens[-3] == "," and speaks):
                yield f"line {statement.line}: {' '.join(tokens)}"


def pragma_faults(text):
    """Compiler version first; the lock wherever a function can be called from outside."""
    lines = text.splitlines()
    if lines[:1] != [COMPILER]:
        yield f"line 1: must be {COMPILER!r}"
    heads = [statement.tokens[:2] for statement in statements(text)]
    is_callable = ("@", "external") in heads or ("exports", ":") in heads
    bodies = sum(head[0] == "def" for head in heads)
    is_interface = bodies > 0 and bodies == sum(head == ("...",) for head in heads)
    if is_callable and not is_interface and LOCK not in lines:
        yield f"external functions without {LOCK!r}"


def unbounded_unsafe(text):
    """Calls of ``unsafe_`` arithmetic without a comment ``unsafe: <bound>`` above them in their paragraph."""
    lines = text.splitlines()
    unsafe = [token.start[0] for token in tokens_of(text) if token.string.startswith("unsafe_")]
    for line in unsafe:
        first = line
        while first > 1 and lines[first - 2].strip() and not lines[first - 2].startswith("def "):
            first -= 1
        if not BOUND.search("\n".join(part for part in lines[first - 1 : line] if "#" in part)):
            yield f"line {line}: {lines[line - 1].strip()}"


def foreign_writes(text):
    """Assignments to a variable of an imported module: only the module writes its storage."""
    modules = set()
    for statement in statements(text):
        if statement.tokens[0] in ("import", "from") and "import" in statement.tokens:
            modules.add(statement.tokens[-1])
    for statement in statements(text):
        outside = set(top_level(statement.tokens))
        is_module = statement.tokens[0] in modules and statement.tokens[1:2] == (".",)
        if is_module and outside & WRITES:
            yield f"line {statement.line}: {' '.join(statement.tokens)}"


def top_level(tokens):
    """Tokens outside brackets."""
    depth = 0
    for text in tokens:
        depth -= text in {")", "]", "}"}
        if depth == 0:
            yield text
        depth += text in {"(", "[", "{"}


CHECKS = {
    "silent assert": silent_asserts,
    "silent requirement": silent_requirements,
    "pragma": pragma_faults,
    "unsafe without its bound": unbounded_unsafe,
    "write into a module's storage": foreign_writes,
}
EXEMPT = {  # the one assert that hands a caller's reason on; "silent requirement" reads every caller
    ("contracts/libs/require.vy", "silent assert"): ["line 17: assert condition , reason"],
}
VYPER = sources(".vy", ".vyi", below="contracts")


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("path", VYPER)
def test_vyper_file__of_the_tree__keeps_the_rules(path, check):
    expected = EXEMPT.get((path, check), [])
    assert list(CHECKS[check](VYPER[path])) == expected


def test_vyper_tree__is_there():
    assert "contracts/OptionPricer.vy" in VYPER


def test_experimental_code_generator__is_named_nowhere_that_deploys():
    places = VYPER | {"ape-config.yaml": (ROOT / "ape-config.yaml").read_text(encoding="utf-8")}
    places |= sources(".py", below="pyvault")
    assert [path for path, text in places.items() if EXPERIMENT.search(text)] == []


@pytest.mark.parametrize(
    "text", ["# pragma experimental-codegen", "settings(experimental_codegen=True)", "-O venom"]
)
def test_experimental_code_generator__planted__is_found(text):
    assert EXPERIMENT.search(text)


HEAD = f"{COMPILER}\n{LOCK}\n"


@pytest.mark.parametrize(
    ("check", "text"),
    [
        ("silent assert", "assert x > 0"),
        ("silent assert", "assert x > 0  # dev: unreachable"),
        ("silent assert", 'assert x > 0, "too low"'),
        ("silent assert", 'assert x > 0, "Margin: too low"'),
        ("silent assert", 'assert x > 0, "margin: below Initial"'),
        ("silent assert", f'assert x > 0, "margin: {"a" * 25}"'),
        ("silent assert", 'assert x == "margin: text"'),
        ("silent assert", 'assert (\n    x > 0\n), "low"'),
        ("silent assert", "raise"),
        ("silent assert", "assert x > 0, UNREACHABLE"),
        ("silent requirement", "require._that(x > 0, reason)"),
        ("silent requirement", 'require._that(x > 0, "too low")'),
        ("silent requirement", 'require._that(x > 0, f("margin: low"))'),
        ("silent requirement", 'require._that(\n    x == "margin: low"\n)'),
        ("silent requirement", 'if require._that(x > 0, "margin: low"):'),
        ("pragma", f"{LOCK}\nx: uint256"),
        ("pragma", "# pragma version 0.4.1\nx: uint256"),
        ("pragma", f"{COMPILER}\n@external\ndef f():\n    pass"),
        ("pragma", f"{COMPILER}\nexports: module.f"),
        ("pragma", f"{COMPILER}\n# pragma nonreentrancy off\n@external\ndef f():\n    pass"),
        ("unsafe without its bound", "def f():\n    x: uint256 = unsafe_add(a, b)"),
        ("unsafe without its bound", "def f():\n    # faster\n    x: uint256 = unsafe_add(a, b)"),
        (
            "unsafe without its bound",
            "def f():\n    # unsafe: a < 2^9\n    y = 1\n\n    x = unsafe_add(a, b)",
        ),
        ("unsafe without its bound", "def f():\n    x = unsafe_add(a, b)\n    # unsafe: a < 2^9\n    y = 1"),
        ("write into a module's storage", "import ownable\ndef f():\n    ownable.owner = msg.sender"),
        ("write into a module's storage", "from .libs import book\ndef f():\n    book.count[i] += 1"),
        ("write into a module's storage", "from .libs import long_name as b\ndef f():\n    b.ids.append(i)"),
    ],
)
def test_vyper_rule__planted_violation__is_found(check, text):
    assert len(list(CHECKS[check](text))) == 1


@pytest.mark.parametrize(
    ("check", "text"),
    [
        ("silent assert", '"""\nassert nothing\n"""\nassert x > 0, "margin: below initial"'),
        ("silent assert", '# assert x\nassert f(a, b) == 1, "series_2: unknown id"\nraise "market: expired"'),
        ("silent requirement", 'require._that(\n    x > 0, "margin: low"\n)'),
        ("silent requirement", "def _that(condition: bool, reason: String[32]):"),
        ("pragma", f"{HEAD}@external\ndef f():\n    pass"),
        ("pragma", f"{COMPILER}\n@internal\ndef f():\n    pass"),
        ("pragma", f"{COMPILER}\n@external\ndef f() -> uint256:\n    ..."),
        (
            "unsafe without its bound",
            "def f():\n    # unsafe: a, b < 2^128.\n    x = unsafe_add(a, b)\n    y = unsafe_sub(x, b)",
        ),
        ("unsafe without its bound", "def f():\n    x = unsafe_add(a, b)  # unsafe: a < 2^9"),
        ("unsafe without its bound", '"""\nunsafe_add is avoided\n"""'),
        (
            "write into a module's storage",
            "import ownable\ndef f():\n    x = ownable.owner\n    ownable.hand_over(to=x)",
        ),
    ],
)
def test_vyper_rule__good_code__is_allowed(check, text):
    assert list(CHECKS[check](text)) == []
