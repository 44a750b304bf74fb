"""TAB completes verbs, flags, groups, options and keys, and leaves files to the shell."""

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


def test_bash_replaces_what_stands_behind_the_sign(tmp_path):
    (tmp_path / "labelct").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m labelct "$@"\n')
    (tmp_path / "labelct").chmod(0o755)
    script = f"""PATH="{tmp_path}:$PATH"; compopt() {{ :; }}
    eval "$(labelct --completion bash)"
    COMP_LINE="labelct run drop=no"; COMP_POINT=${{#COMP_LINE}}; _labelct; echo "${{COMPREPLY[*]}}"
    COMP_LINE="labelct store "; COMP_POINT=${{#COMP_LINE}}; _labelct; echo "${{COMPREPLY[*]}}" """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["none", "ls verify clean"]


def test_another_shell_is_one_line(capsys):
    assert main(["--completion", "tcsh"], VERBS) == 2
    assert capsys.readouterr().err == "labelct: --completion='tcsh': allowed is one of bash, zsh, fish\n"
