from html.parser import HTMLParser

import pandas as pd

from labelct.report import arms, document, files, page
from labelct.report.document import Report


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
    report = document.gather([doses])
    shown = Page(page.render(report, files.write(report, doses / "report")))
    assert len(shown.sources) == 4 + 6
    assert all(source.startswith("data:image/png;base64,") for source in shown.sources)
    assert "synth3" in shown.words
    assert any("Dice against tube load" in word for word in shown.words)


def test_the_worst_case_of_each_arm_is_shown(doses):
    runs, _ = arms.gather([doses])
    worst = page.worst_overlays(runs, ["data", "dose"])
    assert len(worst) == 6
    for caption, path in worst.items():
        assert path.name == "overlay_ts_c00.png"
        assert "c00" in caption


def test_what_is_shown_is_escaped():
    table = pd.DataFrame({"data": ["<script>"], "n": ["1"]})
    report = Report([], ["data"], pd.DataFrame(), pd.DataFrame(), remarks=["Warning: x < y & z"])
    vars(report)["table"] = table
    text = page.render(report, {})
    assert "<script>" not in text
    assert "x &lt; y &amp; z" in text
    assert 'class="note warning"' in text
