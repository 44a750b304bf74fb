from html.parser import HTMLParser

import pandas as pd

from labelct.report import arms, document, files, page
from labelct.report.document import Report
from labelct.report.methods import Methods, methods


class Page(HTMLParser):
    """Collects what a page shows and what it loads."""

    def __init__(self, text):
        super().__init__()
        self.sources, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.sources += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        self.words.append(data)


def test_the_page_needs_no_other_file(doses):
    report, out = document.gather([doses]), doses / "report"
    shown = Page(page.render(report, files.write(report, out, forms=["png"]), methods(report), out))
    pictures = [source for source in shown.sources if source.startswith("data:image/png;base64,")]
    assert len(pictures) == 4 + 6
    assert set(shown.sources) - set(pictures) == {f"../{number}/" for number in range(6)}
    assert "synth3" in shown.words
    assert any("Dice against tube load" in word for word in shown.words)


def test_the_worst_case_of_each_arm_is_shown(doses):
    runs, _ = arms.gather([doses])
    worst = page.worst_overlays(runs, ["data", "dose"])
    assert len(worst) == 6
    for caption, path in worst.items():
        assert path.name == "overlay_ts_c00.png"
        assert "c00" in caption


def test_what_is_shown_is_escaped(tmp_path):
    table = pd.DataFrame({"data": ["<script>"], "n": ["1"]})
    report = Report([], ["data"], pd.DataFrame(), pd.DataFrame(), remarks=["Warning: x < y & z"])
    vars(report)["table"] = table
    text = page.render(report, {}, Methods((), ()), tmp_path)
    assert "<script>" not in text
    assert "x &lt; y &amp; z" in text
    assert 'class="note warning"' in text


def test_an_arm_shows_the_volumes_of_its_first_run(doses):
    for number in (0, 1):
        (doses / str(number) / "figures" / "montage.png").write_bytes(b"x")
    runs, _ = arms.gather([doses])
    assert page.montages(runs, ["data"]) == {"data=synth1": doses / "0" / "figures" / "montage.png"}
