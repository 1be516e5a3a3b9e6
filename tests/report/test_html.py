"""The HTML page: self-contained, well formed, accessible, and closed to what it shows."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest

from harness.report import html

VOID = {"meta", "link", "br", "img", "input", "hr"}
ACTIVE = {"script", "iframe", "object", "embed", "img", "link", "form", "input", "svg", "base"}


class Page(HTMLParser):
    """Checks that tags nest, and keeps them with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names))
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


@pytest.fixture
def page(hostile: dict[str, Any]) -> Page:
    return Page(html.render(hostile))


@pytest.mark.parametrize("name", ["hostile", "empty", "interrupted"])
def test_well_formed(name: str, request: pytest.FixtureRequest) -> None:
    Page(html.render(request.getfixturevalue(name)))


def test_nothing_active_and_nothing_from_elsewhere(page: Page) -> None:
    assert not {tag for tag, _ in page.tags} & ACTIVE
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in {"src", "srcset", "style", "background", "action"}, (tag, name)
            if name == "href":
                assert re.match(r"#|https://attack\.mitre\.org/techniques/", value or "")
    policy = next(one for one in page.all("meta") if "http-equiv" in one)
    assert (policy["content"] or "").startswith("default-src 'none'; style-src 'unsafe-inline'")
    style = files("harness.report").joinpath("_templates/report.css").read_text("utf-8")
    assert "url(" not in style
    assert "@import" not in style


def test_texts_are_shown_as_they_are(page: Page) -> None:
    text = "".join(page.text)
    assert '<script>alert("x")</script>' in text
    assert "<img src=x onerror=h>" in text
    assert "\\u202ecba\\u202c" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u200b\ufeff]", text)
    assert len(text) < 100_000, "long texts are cut"


def test_links_lead_somewhere(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = [a["href"] for a in page.all("a") if (a["href"] or "").startswith("#")]
    wanted += [f"#{one['aria-labelledby']}" for _, one in page.tags if "aria-labelledby" in one]
    assert {one for one in wanted if one} <= {f"#{one}" for one in ids}


def test_headings_and_tables_say_what_they_are(hostile: dict[str, Any], page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(two - one <= 1 for one, two in pairwise(levels))
    assert all(one.get("scope") in {"row", "col"} for one in page.all("th"))
    assert len(page.all("table")) == len(page.all("caption"))
    text = html.render(hostile)
    for status in ("pass", "fail", "known", "not evaluated", "invalid"):
        assert re.search(rf'class="chip \w+"><span aria-hidden="true">.</span> {status}<', text)


def test_what_decides_is_marked(hostile: dict[str, Any]) -> None:
    text = html.render(hostile)
    assert "<mark>&#34;type&#34;: &#34;linux&#34;</mark>" in text
    assert "Looked for and not in this event: <code>user.name</code>" in text


def test_fields_of_a_firing_query_are_marked_where_they_match(hostile: dict[str, Any]) -> None:
    seen = hostile["results"][0]["findings"][0]["witness"]
    seen.update(verdict="fires", document={"a": {"b": "x"}, "c": 1, "d": 2})
    seen["steps"] = [
        {"text": "a.b", "outcome": "true", "values": "a.b is 'x'; c is '1'"},
        {"text": "d", "outcome": "false", "values": "d is '2'"},
    ]
    marks = {line.key: line.mark for line in html.lines_of(seen) if line.key}
    assert marks == {'"a": ': "", '"b": ': "decisive", '"c": ': "decisive", '"d": ': "read"}


def test_a_document_is_shown_in_bearable_length(hostile: dict[str, Any]) -> None:
    seen = hostile["results"][0]["findings"][0]["witness"]
    seen["document"] = {f"k{i}": i for i in range(1_000)}
    lines = html.lines_of(seen)
    assert len(lines) == html.MAX_LINES + 1
    assert lines[-1].value == "… 602 more lines"


PAIRS = [
    ("ink", "page"), ("ink", "card"), ("ink", "soft"), ("quiet", "page"), ("quiet", "card"),
    ("quiet", "soft"), ("link", "card"), ("brand", "card"), ("red", "card"), ("red", "soft"),
    ("red", "red-soft"), ("amber", "amber-soft"), ("green", "green-soft"), ("green", "card"),
    ("blue", "blue-soft"), ("grey", "grey-soft"), ("mark-ink", "mark"), ("ink", "green-soft"),
    ("ink", "blue-soft"), ("quiet", "red-soft"), ("quiet", "green-soft"),
    ("quiet", "amber-soft"), ("quiet", "blue-soft"), ("ink", "h1"),
    ("ink", "h2"), ("ink", "h3"), ("ink", "h4"), ("ink", "h5"),
]  # fmt: skip


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), PAIRS, ids=[f"{one}-on-{two}" for one, two in PAIRS])
def test_contrast(theme: int, front: str, back: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    style = files("harness.report").joinpath("_templates/report.css").read_text("utf-8")
    palette = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[theme]
    colours = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", palette))
    bright, dark = sorted((_luminance(colours[front]), _luminance(colours[back])), reverse=True)
    assert (bright + 0.05) / (dark + 0.05) >= 4.5


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
