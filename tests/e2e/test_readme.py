"""What the README shows is what the commands print."""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
COMMANDS = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
TRANSCRIPTS = [match for block in BLOCKS for match in COMMANDS.findall(block)]
RUNNABLE = [
    (command, shown) for command, shown in TRANSCRIPTS if command.startswith(("pyvault", "make demo"))
]


def squeezed(text):
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


@pytest.mark.parametrize(("command", "shown"), RUNNABLE, ids=[command for command, _ in RUNNABLE])
def test_readme__each_transcript__is_what_the_command_prints(command, shown):
    arguments = shlex.split(command, comments=True)[1:]
    run = subprocess.run(
        [sys.executable, "-c", "from pyvault.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"COLUMNS": "80"},
    )
    pattern = ".*".join(re.escape(part) for part in squeezed(shown).split("…"))
    assert re.fullmatch(pattern, squeezed(run.stdout), flags=re.DOTALL), run.stdout


def test_readme__shows_the_two_commands_and_more():
    commands = [command for command, _ in TRANSCRIPTS]
    assert any(command.startswith("make demo") for command in commands)
    assert any(command.startswith("make test") for command in commands)
    assert len(RUNNABLE) >= 4


def test_readme__python_examples__run():
    parser = doctest.DocTestParser()
    examples = parser.get_doctest(README.read_text(encoding="utf-8"), {}, "README", str(README), 0)
    assert examples.examples
    assert doctest.DocTestRunner().run(examples).failed == 0


def test_readme__folder_map__names_folders_that_exist():
    tree = re.search(r"```text\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert tree
    named, top = [], ""
    for indent, name in re.findall(r"^( *)([\w/.-]+)/ ", tree[1], flags=re.MULTILINE):
        top = top if indent else name
        named.append(f"{top}/{name}" if indent else name)
    assert len(named) > 10
    for name in named:
        assert (README.parent / name).is_dir(), name
