import pytest

from labelct.stages.unread import unread


@pytest.mark.parametrize(
    ("typed", "groups"),
    [
        (("data=synth3", "scanner=none", "dose=low", "seed=1"), ["dose"]),
        (("data=synth3", "scanner=image", "dose=low", "texture=white", "drop=half"), []),
        (("data=synth2", "texture=white", "fill=fixed"), ["texture"]),
        (("data=clinical", "scanner.pitch=0.8", "dose=low", "drop.probability=0.2"), ["scanner", "dose", "drop"]),
        (("data=clinical", "data.rescan=true", "dose=low"), []),
        (("data=clinical",), []),
    ],
)
def test_what_was_typed_and_changes_nothing_is_told(configured, typed, groups):
    assert [line.split()[0] for line in unread(configured(*typed), typed)] == groups
