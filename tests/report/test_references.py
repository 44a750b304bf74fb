import re

import pytest

from labelct.report.references import KNOWN


@pytest.mark.parametrize("reference", KNOWN.values(), ids=KNOWN)
def test_an_entry_has_what_bibtex_asks_for(reference):
    lines = reference.bibtex.splitlines()
    assert re.fullmatch(r"@(article|inproceedings|software)\{\w+,", lines[0])
    assert lines[-1] == "}"
    assert reference.bibtex.count("{") == reference.bibtex.count("}")
    assert {"author", "title", "year"} <= {line.split("=")[0].strip() for line in lines[1:-1]}


def test_three_authors_and_more_are_et_al():
    assert KNOWN["koken2006"].text.startswith("Koken, Peter and Grass, Michael: Aperture weighted")
    assert KNOWN["cardoso2022"].text.startswith("Cardoso, M. Jorge et al.: MONAI")
    assert KNOWN["tsanda2025"].text.startswith("Tsanda, Artyom et al.: Learning CT")
