"""Commands that want the same stages at the same time make each once."""

import pytest

pytestmark = pytest.mark.ci


def test_racing_commands_share_every_stage(chain, unharmed, tries):
    commands = [chain.start() for _ in tries(3, 8)]
    told = [command.communicate(timeout=300)[0] for command in commands]
    assert [command.returncode for command in commands] == [0] * len(commands), told
    assert chain.contents() == unharmed
    assert chain.states() == ["finished"] * len(commands)
    assert not list(chain.folder.glob("outputs/stages/*/*.partial"))
