"""A chart of each kind in a browser, under the policy that pages are served with: letters, room, what a screen reader finds."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.template import engines
from django.test import RequestFactory
from playwright.sync_api import Page, Route

from onedoor.reporting import charts as drawing
from onedoor.reporting.tests import examples
from onedoor.staff.figures import Shown
from tests.browser.test_change_link import look

_GALLERY = """{% extends "staff/base.jinja" %}
{% from "onedoor/chart.jinja" import chart %}
{% from "onedoor/table.jinja" import table %}
{% block title %}Charts{% endblock %}
{% block head %}{{ super() }}<link rel="stylesheet" href="{{ static("onedoor/charts.css") }}">{% endblock %}
{% block content %}
<h1 class="nhsuk-heading-l">Charts</h1>
{% for c in charts.values() %}{{ chart(c) }}{% endfor %}
{{ table(plain) }}
{% endblock %}"""

_SMALL_LETTERS = """() => [...document.querySelectorAll(".od-chart svg text")]
.filter(one => one.getClientRects().length).map(one => {
  const svg = one.ownerSVGElement;
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  return [parseFloat(one.getAttribute("font-size")) * scale, one.textContent];
}).filter(([size]) => size < 12)"""
_OUTSIDE = """() => [...document.querySelectorAll(".od-chart svg text")]
.filter(one => one.getClientRects().length).filter(one => {
  const edge = one.ownerSVGElement.getBoundingClientRect(), box = one.getBoundingClientRect();
  return box.left < edge.left - 1 || box.right > edge.right + 1 || box.top < edge.top - 2 || box.bottom > edge.bottom + 2;
}).map(one => one.textContent)"""


@pytest.fixture
def gallery(page: Page, site: str) -> Page:
    """A page of every kind of chart, as a page of ours would hold them, with the header of one."""
    answer = page.goto("/signin/")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    pictures = drawing.shown(examples.ALL)
    shown = {
        key: Shown(
            key, chart.table, f"?as=csv&table={key}", f"?as=xlsx&table={key}", f"?as=svg&table={key}", pictures[key]
        )
        for key, chart in examples.ALL.items()
    }
    plain = Shown(
        "plain",
        replace(examples.compared().table, title="A table by itself"),
        "?as=csv&table=plain",
        "?as=xlsx&table=plain",
    )
    template = engines["jinja2"].env.from_string(_GALLERY)  # type: ignore[attr-defined]
    html = template.render(charts=shown, plain=plain, frame=None, request=RequestFactory().get("/"))

    def answered(route: Route) -> None:
        route.fulfill(status=200, body=html, headers={"content-type": "text/html", "content-security-policy": policy})

    page.route("**/reports/gallery/", answered)
    return page


def test_every_kind_of_chart(gallery: Page) -> None:
    page, broken = gallery, []
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    page.goto("/reports/gallery/")
    page.wait_for_function("document.fonts.status === 'loaded'")
    look(page, "charts")
    for width in (1280, 700, 640, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(_SMALL_LETTERS) == [], width
        assert page.evaluate(_OUTSIDE) == [], width
        shown = page.locator(".od-chart svg:visible").count()
        assert shown == len(examples.ALL), f"{shown} pictures at {width}"
    assert page.evaluate("document.fonts.check('15px Atkinson Hyperlegible')")
    assert broken == []
    for summary in page.locator("figure summary").all():
        summary.click()
    look(page, "charts-as-tables")
    images = page.get_by_role("img", include_hidden=False)
    names = [one.get_attribute("aria-labelledby") for one in images.all()]
    assert len(names) == len(examples.ALL), json.dumps(names)


def test_charts_on_paper(gallery: Page) -> None:
    """Printed on A4, each picture is the wide one, whole on its sheet."""
    page = gallery
    page.set_viewport_size({"width": 700, "height": 1000})
    page.goto("/reports/gallery/")
    page.emulate_media(media="print")
    assert page.locator(".od-chart__wide svg:visible").count() == len(examples.ALL)
    assert not page.locator(".od-data__files").first.is_visible()
