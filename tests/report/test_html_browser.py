"""The page in a real browser: nothing sticks out at the width of a telephone or of a desk."""

from __future__ import annotations

import re
import shutil
import subprocess
from html import escape
from pathlib import Path
from typing import Any

import pytest

from harness.report import html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PROBE = """<script>
addEventListener("load", () => {
  const wide = innerWidth;
  const out = [...document.querySelectorAll("body *")].filter((one) =>
    !one.closest(".scroll, pre, .sr, .skip, thead, caption") &&
    one.getBoundingClientRect().right > wide + 1);
  parent.document.documentElement.dataset.seen = JSON.stringify(
    [wide, document.documentElement.scrollWidth, out.map((one) => one.outerHTML.slice(0, 80))]);
});
</script>"""
"""Run in a copy of the page without its policy, which forbids every script."""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")


def look(page: str, folder: Path, width: int) -> tuple[int, int, str]:
    """Return the width of a frame, that of the page in it, and what sticks out.

    A frame, since a window of Chromium is never as narrow as a telephone.
    """
    open_page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', PROBE, page)
    open_page = open_page.replace("<details", "<details open")
    framed = folder / "page.html"
    frame = f'<iframe width="{width}" height="900" style="border:0" srcdoc="{escape(open_page)}">'
    framed.write_text(f"<!doctype html><meta charset=utf-8>{frame}</iframe>", encoding="utf-8")
    assert CHROMIUM is not None
    done = subprocess.run(  # noqa: S603 - a list of arguments, our own page
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={folder / 'profile'}",
            "--window-size=1600,1000",
            "--dump-dom",
            framed.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    found = re.search(r'data-seen="\[(\d+),(\d+),(.*?)\]"', done.stdout)
    if found is None:
        pytest.skip(f"Chromium does not run here: {done.stderr[-200:]}")
    return int(found.group(1)), int(found.group(2)), found.group(3)


@pytest.mark.parametrize("width", [400, 1400])
def test_nothing_sticks_out(width: int, hostile: dict[str, Any], tmp_path: Path) -> None:
    window, page, out = look(html.render(hostile), tmp_path, width)
    assert window == width
    assert out == "[]"
    assert page <= width
