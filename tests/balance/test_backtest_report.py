"""The report stands alone, shows what it should and can be read: on a wide screen, on a phone, in a real browser."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from backtest_history import RULES, history

import riskrules as rr
from riskrules.balance.backtest import Backtest
from riskrules.balance.gating import judged
from riskrules.balance.report_page import MOST_STEPS, _spread, page_of

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), "")
WIDTHS = (390, 1200)
PROBE = """
<script>
addEventListener("load", () => {
  const wide = document.documentElement.scrollWidth, out = [];
  for (const e of document.querySelectorAll("h1,h2,td,th,small,p,svg")) {
    const box = e.getBoundingClientRect();
    if (box.width && (box.right > innerWidth + 1 || box.left < -1)) out.push(e.tagName + ": " + e.textContent.slice(0,
    40));
  }
  const texts = [...document.querySelectorAll("svg text")].map(t => t.getBoundingClientRect());
  document.title = JSON.stringify({inner: innerWidth, wide, out: out.slice(0, 5),
    pictures: [...document.querySelectorAll("svg")].filter(s => s.getBoundingClientRect().height > 40).length,
    smallest: Math.min(...texts.map(t => t.height)),
    hidden: getComputedStyle(document.querySelector("thead")).display});
});
</script>
"""


@pytest.fixture(scope="module")
def found() -> Backtest:
    later = RULES.replace("version 2026.1", "version 2026.2").replace("amount > 900.00 EUR", "amount > 700.00 EUR")
    return rr.backtest(rr.loads(later), history(), label="is_fraud", against=rr.loads(RULES))


@pytest.fixture(scope="module")
def page(found: Backtest) -> str:
    old, new = rr.loads(RULES), rr.loads(RULES.replace("amount > 900.00 EUR", "amount > 700.00 EUR"))
    return page_of(found, rr.differences(old, new), judged(rr.loads(RULES.replace("20% of", "1% of")), found))


class Read(HTMLParser):
    """Tags that are left open, what would be fetched or run, and the text."""

    EMPTY = frozenset({"meta", "line", "rect", "circle", "path", "br", "polyline"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.bad: list[str] = []
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "img", "iframe", "object", "image", "use"):
            self.bad.append(tag)
        self.bad += [name for name, _ in attrs if name.startswith("on") or name in ("src", "href", "xlink:href")]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.bad += [tag] if tag in ("script", "image", "use") else []

    def handle_data(self, data: str) -> None:
        self.said += data


def test_it_stands_alone(page: str) -> None:
    """Well formed, no script, nothing fetched, a policy that forbids both, and small enough to be mailed."""
    read = Read()
    read.feed(page)
    assert read.open == []
    assert read.bad == []
    assert re.findall(r"https?://|url\(|@import", page) == []
    assert "default-src 'none'" in html.unescape(page)
    assert len(page) < 300_000


def test_it_says_every_figure_that_matters(found: Backtest, page: str) -> None:
    """Segments, rules, months, actions, promises, what changed and whose payments: all are there."""
    read = Read()
    read.feed(page)
    for name in [g.name for g in (*found.segments, *found.months, *found.actions)] + [r.name for r in found.rules]:
        assert name in read.said
    for point in found.curve:
        assert point.name in read.said
    assert found.changes is not None
    for example in found.changes.examples:
        assert example.id in read.said
    assert f"{found.all.fraud_minor // 100:_}".replace("_", "\u202f") in read.said
    assert "`amount > 900.00 EUR` became `amount > 700.00 EUR`" in read.said
    assert re.search(r"[1-7] of 7 broken\.", read.said)
    assert page.count("<svg") == 4


@pytest.mark.parametrize("count", [0, 1, 2, MOST_STEPS, MOST_STEPS + 1, 71, 10_000])
def test_the_table_of_the_curve_is_short_and_has_its_ends(count: int) -> None:
    """Each step once, in order, from the first to the last."""
    shown = _spread(count)
    assert len(shown) == min(count, MOST_STEPS)
    assert shown == sorted(set(shown))
    assert not count or (shown[0], shown[-1]) == (1, count)


def test_nothing_from_a_file_is_more_than_text(found: Backtest) -> None:
    """A name with signs of HTML and of control stays what it is."""
    odd = replace(found, history='<b onload="x">\x1b\u202e', label="<script>", notes=("</ul><script>",))
    read = Read()
    read.feed(page_of(odd))
    assert read.bad == []
    assert read.open == []
    assert '<b onload="x"><U+001B><U+202E>' in read.said


@pytest.mark.skipif(not BROWSER, reason="no Chromium to look at the page with")
@pytest.mark.parametrize("width", WIDTHS)
def test_a_browser_shows_all_of_it(page: str, tmp_path: Path, width: int) -> None:
    """Nothing sticks out at either side, every picture is drawn, and its smallest text can be read; on a phone rows of
    tables become lists. The page's own policy forbids scripts, so it is looked at without it."""
    file = tmp_path / "report.html"
    frame = tmp_path / "frame.html"
    without_policy = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    file.write_text(without_policy.replace("</body>", f"{PROBE}</body>"), "utf-8")
    # a window cannot be as narrow as a phone, a frame in it can
    frame.write_text(
        f'<iframe id="f" src="report.html" style="width:{width}px;height:800px;border:0"></iframe>'
        '<pre id="out"></pre><script>addEventListener("load", () => setTimeout(() => {'
        'document.getElementById("out").textContent = document.getElementById("f").contentDocument.title'
        "}, 50))</script>",
        "utf-8",
    )
    done = subprocess.run(
        [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
         f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1400,1000", "--virtual-time-budget=5000",
         "--dump-dom", frame.as_uri()],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    written = re.search(r'<pre id="out">(.+?)</pre>', done.stdout, re.DOTALL)
    assert written, done.stderr[-2_000:]
    seen = json.loads(html.unescape(written[1]))
    assert seen["inner"] == width
    assert seen["wide"] <= width, seen["out"]
    assert seen["out"] == []
    assert seen["pictures"] == 4
    assert seen["smallest"] >= 8
    assert (seen["hidden"] == "none") is (width == 390)
