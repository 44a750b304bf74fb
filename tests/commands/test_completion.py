"""TAB completes verbs, flags, groups, options and keys, and leaves files to the shell."""

import shutil
import subprocess
import sys

import pytest

from labelct.__main__ import VERBS
from labelct.commands.completion import candidates, main
from labelct.option_files import option_names


def completed(line):
    return candidates(line.split(" "), list(VERBS))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("st", ["status", "store"]),
        ("run dat", ["data="]),
        ("run data=synth", ["data=synth1", "data=synth2", "data=synth3", "data=synthseg"]),
        ("run -m dose=low,f", ["dose=low,full"]),
        ("run test=[own,pelvis_m", ["test=[own,pelvis_mr"]),
        ("run trainer.augm", ["trainer.augmentation."]),
        ("run trainer.augmentation.fl", ["trainer.augmentation.flip="]),
        ("run limit.tr", ["limit.train="]),
        ("run --help transl", ["translation"]),
        ("run --mu", ["--multirun"]),
        ("run dry_run=t", ["dry_run=true"]),
        ("store ", ["ls", "verify", "clean"]),
        ("store clean --o", ["--older-than"]),
        ("segment --device g", ["gpu"]),
        ("segment --ove", ["--overwrite"]),
        ("segment ", []),
        ("store ls ", []),
        ("run cohort.root=/da", []),
        ("no_verb x", []),
    ],
)
def test_what_a_word_may_become(line, found):
    assert completed(line) == found


def test_every_option_of_a_group_is_offered():
    assert completed("run scanner=") == [f"scanner={name}" for name in option_names("scanner")]


@pytest.fixture
def path(tmp_path):
    """Return a line of shell that puts `labelct` on the path."""
    (tmp_path / "labelct").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m labelct "$@"\n')
    (tmp_path / "labelct").chmod(0o755)
    return f'PATH="{tmp_path}:$PATH"'


def told(*command, folder=None):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout


def test_bash_replaces_what_stands_behind_the_sign(path):
    script = f"""{path}; compopt() {{ :; }}
    eval "$(labelct --completion bash)"
    COMP_LINE="labelct run drop=no"; COMP_POINT=${{#COMP_LINE}}; _labelct; echo "${{COMPREPLY[*]}}"
    COMP_LINE="labelct store "; COMP_POINT=${{#COMP_LINE}}; _labelct; echo "${{COMPREPLY[*]}}" """
    assert told("bash", "-c", script).splitlines() == ["none", "ls verify clean"]


def test_zsh_completes_in_a_terminal_within_quotes_too(path, tmp_path):
    # what is typed goes to an interactive shell at a pseudo-terminal, whose answer is waited for
    start = f'autoload -U compinit; compinit -u -d {tmp_path}/dump; {path}; eval "$(labelct --completion zsh)"'
    script = f"""zmodload zsh/zpty
    zpty z zsh -f -i
    zpty -w z '{start}; echo LOA''DED'
    zpty -r -m z shown '*LOADED*'
    zpty -n -w z "labelct run 'test=[own,tot"$'\\t'
    zpty -r -m z shown "*labelct run 'test=[[]own,totalsegmentator'*"
    print completed"""
    assert told("zsh", "-f", "-c", script, folder=tmp_path) == "completed\n"


def test_fish_offers_files_where_labelct_has_nothing(path, tmp_path):
    (tmp_path / "ct.nii.gz").touch()
    lines = ("run drop=no", "store ", "segment c")
    asked = "; ".join(f"complete -C 'labelct {line}'; echo ." for line in lines)
    fish = f"set -x {path.replace('=', ' ').replace(':', ' ').replace(chr(34), '')}; labelct --completion fish | source"
    found = told("fish", "-c", f"{fish}; {asked}", folder=tmp_path)
    assert found.split() == ["drop=none", ".", *sorted(["ls", "verify", "clean"]), ".", "ct.nii.gz", "."]


def test_another_shell_is_one_line(capsys):
    assert main(["--completion", "tcsh"], VERBS) == 2
    assert capsys.readouterr().err == "labelct: --completion='tcsh': allowed is one of bash, zsh, fish\n"
