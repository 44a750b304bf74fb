"""Every key is documented where it is defined, and the reference says what the schemas say."""

import dataclasses
import re
import subprocess
import sys
from typing import get_type_hints

import pytest

from labelct.commands import keys, run
from labelct.config import PLAIN, Config, configuration_folder
from labelct.errors import SettingError
from labelct.kinds import TESTS, TRAINER_SCHEMAS


def below(schema):
    yield schema
    for hint in get_type_hints(schema).values():
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            yield from below(hint)


TABLES = [*PLAIN.values(), *TESTS.values(), *TRAINER_SCHEMAS.values()]
SCHEMAS = sorted({found for schema in TABLES for found in below(schema)} | {Config}, key=lambda schema: schema.__name__)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
def test_every_key_has_a_line(schema):
    texts = keys.attributes(schema)
    assert [part.name for part in dataclasses.fields(schema) if not texts.get(part.name, "").endswith((".", ")"))] == []


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
def test_no_line_explains_a_key_that_is_gone(schema):
    assert set(keys.attributes(schema)) <= {part.name for part in dataclasses.fields(schema)}


def test_a_line_of_several_lines_is_one_and_bases_come_first():
    @dataclasses.dataclass
    class Base:
        """A base.

        Attributes:
            a: First: of
                all.
            b: Of the base.
        """

        a: int = 1
        b: list[float] | None = None

    @dataclasses.dataclass
    class Derived(Base):
        """More.

        Attributes:
            b: Of the derived.
        """

        c: str = ""

    assert keys.attributes(Derived) == {"a": "First: of all.", "b": "Of the derived."}
    assert list(keys.keys_of(Derived, "x")) == [
        keys.Key("x.a", "int", "1", "First: of all."),
        keys.Key("x.b", "list[float] or null", "null", "Of the derived."),
        keys.Key("x.c", "str", "''", ""),
    ]


def test_a_group_is_explained_with_its_options_and_every_key():
    text = keys.help_of("scanner")
    assert "sensation64      Siemens" in text
    for key in keys.keys_of(PLAIN["scanner"], "scanner"):
        assert f"  {key.name}   {key.kind} = {key.default}\n" in text


def test_a_dotted_name_explains_what_lies_below_it_and_no_more():
    listed = [line.split()[0] for line in keys.help_of("data.cylinder").splitlines() if line.startswith("  data")]
    assert listed == [f"data.cylinder.{part.name}" for part in dataclasses.fields(PLAIN["data"]().cylinder)]
    assert "trainer.steps   int = 250" in keys.help_of("trainer.steps=400")


def test_keys_that_several_kinds_share_are_listed_once():
    listed = [
        line.split()[0] for line in keys.help_of("cohort").splitlines() if line.startswith("  cohort.splits_file")
    ]
    assert listed == ["cohort.splits_file"]


def test_an_unknown_name_is_refused_with_the_nearest(capsys):
    with pytest.raises(SettingError, match="did you mean 'scanner'"):
        keys.help_of("scaner")
    with pytest.raises(SettingError, match=r"did you mean 'data.cylinder.radius'"):
        keys.help_of("data.cylinder.radus")
    assert run.main(["--help", "scaner"]) == 1
    assert "did you mean 'scanner'" in capsys.readouterr().err


def test_the_command_line_explains_several_groups_at_once(capsys):
    assert run.main(["fill", "--help", "dose"]) == 0
    told = capsys.readouterr().out
    assert "fill.spread" in told
    assert "dose.mas" in told


def test_the_page_of_keys_is_what_the_schemas_say():
    page = configuration_folder().parent / "docs" / "keys.md"
    renew = "renew it: python -m labelct.commands.keys > docs/keys.md"
    assert page.read_text(encoding="utf-8") == keys.markdown(), renew


def test_the_page_names_every_key_of_the_schemas():
    page = keys.markdown()
    for name, schema in PLAIN.items():
        for key in keys.keys_of(schema, name):
            assert f"| `{key.name}` |" in page
    assert re.search(r"\| `seed` \| int \| `0` \|", page)


def test_every_row_of_the_page_has_as_many_cells_as_its_head():
    tables = re.findall(r"(?:^\|.*\n)+", keys.markdown(), re.MULTILINE)
    assert len(tables) > 20
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1, table


def test_the_help_is_light():
    heavy = "{'torch', 'numba', 'scipy', 'matplotlib', 'pandas'}"
    code = f"import sys; from labelct.commands import keys; keys.markdown(); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
