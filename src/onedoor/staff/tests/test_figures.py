"""Any page of figures gives its tables and charts as files, with the page's own rights, and writes down what left."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import openpyxl
import pytest
from django.http import HttpRequest, HttpResponseBase
from django.template import engines
from django.test import Client
from django.urls import include, path
from jinja2 import ChoiceLoader, DictLoader

from onedoor.kernel.access import Permission
from onedoor.kernel.models import AuditEntry
from onedoor.reporting.tests import examples
from onedoor.staff.figures import figures_page
from onedoor.ui.access import staff
from onedoor.ui.tests.world import World, make

pytestmark = [pytest.mark.django_db, pytest.mark.urls("onedoor.staff.tests.test_figures")]

_PAGE = """{% extends "staff/base.jinja" %}
{% from "onedoor/chart.jinja" import chart %}
{% from "onedoor/table.jinja" import table %}
{% block content %}{{ chart(charts.trend) }}{{ table(tables.ccgs) }}<a href="{{ workbook }}">All</a>{% endblock %}"""


@staff(Permission.COUNTERS)
def figures(request: HttpRequest) -> HttpResponseBase:
    """A page of one table and one chart."""
    tables, charts = {"ccgs": examples.compared().table}, {"trend": examples.trend()}
    return figures_page(request, "figures_test.jinja", "counters", tables=tables, charts=charts)


urlpatterns = [path("figures-test/", figures), path("", include("onedoor.config.urls"))]


@pytest.fixture
def world() -> World:
    """A practice on a Monday morning."""
    return make()


@pytest.fixture
def client(world: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The manager's, and a template for the page."""
    env = engines["jinja2"].env  # type: ignore[attr-defined]
    monkeypatch.setattr(env, "loader", ChoiceLoader([DictLoader({"figures_test.jinja": _PAGE}), env.loader]))
    client = Client()
    client.force_login(world.manager, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_page_has_picture_table_and_files(client: Client) -> None:
    page = client.get("/figures-test/?level=region").content.decode()
    assert page.count('role="img"') == 2  # wide and narrow, of which the style sheet shows one
    assert "Show as table" in page
    assert "?level=region&amp;as=csv&amp;table=trend" in page
    assert "?level=region&amp;as=xlsx&amp;table=ccgs" in page
    assert '<th scope="row">Portsmouth</th>' in page
    assert "no data" in page


@pytest.mark.parametrize(
    ("asked", "kind", "name"),
    [
        ("as=csv&table=ccgs", "text/csv", "all-six-checks-by-ccg-from-13-to-39.csv"),
        (
            "as=csv&table=trend",
            "text/csv",
            "all-six-checks-the-south-east-stays-below-england-and-comes-near-the-aim-of-60.csv",
        ),
        ("as=xlsx&table=ccgs", "application/vnd.openxmlformats", "all-six-checks-by-ccg-from-13-to-39.xlsx"),
        ("as=xlsx", "application/vnd.openxmlformats", "figures.xlsx"),
        ("as=svg&table=trend", "image/svg+xml", ".svg"),
    ],
)
def test_files(client: Client, asked: str, kind: str, name: str) -> None:
    answer = client.get(f"/figures-test/?{asked}")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith(kind)
    assert answer["Content-Disposition"].endswith(f'{name}"')
    assert answer["Cache-Control"] == "no-store"
    assert AuditEntry.objects.filter(action="download").count() == 1
    if "xlsx" in asked:
        sheets = openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames
        assert len(sheets) == (2 if "table" in asked else 3)
    if "svg" in asked:
        ElementTree.fromstring(answer.content)


@pytest.mark.parametrize(
    "asked", ["as=csv", "as=csv&table=none", "as=svg&table=ccgs", "as=pdf&table=ccgs", "as=xlsx&table=none"]
)
def test_what_there_is_no_file_of(client: Client, asked: str) -> None:
    assert client.get(f"/figures-test/?{asked}").status_code == 404
    assert not AuditEntry.objects.filter(action="download").exists()


def test_a_file_asks_for_the_rights_of_its_page(client: Client, world: World) -> None:
    stranger = Client()
    stranger.force_login(world.portal, backend="django.contrib.auth.backends.ModelBackend")
    assert stranger.get("/figures-test/?as=csv&table=ccgs").status_code == 404
