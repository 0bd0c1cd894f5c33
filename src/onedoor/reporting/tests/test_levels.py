"""Who stands where on a day, and what became of whom: figures move with nobody, and each is counted once."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.kernel.access import NotPermitted, Role
from onedoor.reporting.levels import Level, chains, reach

pytestmark = pytest.mark.django_db
START = "2020-04-01"
LINES = """ods_code,name,kind,other_ods_code,other_name,from,until
Y99002,Wexcombe Road Surgery,part_of_pcn,Y99910,Wexcombe Network,2020-04-01,
Y99003,Millford Surgery,part_of_pcn,Y99910,Wexcombe Network,2020-04-01,2026-07-01
Y99003,Millford Surgery,part_of_pcn,Y99911,Millford Network,2026-07-01,
Y99910,Wexcombe Network,in_place,Y99920,Wexcombe Place,2020-04-01,
Y99911,Millford Network,in_place,Y99921,Millford Place,2020-04-01,
Y99920,Wexcombe Place,in_ics,Y99930,Wexshire,2020-04-01,
Y99921,Millford Place,in_ics,Y99930,Wexshire,2020-04-01,
Y99930,Wexshire,in_region,Y99950,Wexland,2020-04-01,
"""


def bring(*lines: str) -> dict[str, int]:
    """The locality with more lines; keys by code."""
    rows = accounts.read_organisations((LINES + "\n".join(lines)).encode())
    accounts.take_organisations(rows=rows, by=factories.TEST)
    return dict(accounts.Organisation.objects.values_list("ods_code", "pk"))


def standing(keys: dict[str, int], code: str, on: date, as_of: date | None = None) -> dict[Level, str]:
    codes = {pk: code for code, pk in keys.items()}
    found = chains([keys[code]], on=on, as_of=as_of or date(2027, 1, 1))[keys[code]]
    return {level: codes[pk] for level, pk in found.items()}


def test_a_practice_is_counted_where_it_stood_on_the_day() -> None:
    keys = bring()
    before, after = (standing(keys, "Y99003", day) for day in (date(2026, 6, 30), date(2026, 7, 1)))
    assert before == {
        Level.PRACTICE: "Y99003",
        Level.PCN: "Y99910",
        Level.PLACE: "Y99920",
        Level.ICS: "Y99930",
        Level.REGION: "Y99950",
    }
    assert (after[Level.PCN], after[Level.PLACE], after[Level.REGION]) == ("Y99911", "Y99921", "Y99950")
    assert standing(keys, "Y99003", date(2019, 1, 1)) == {Level.PRACTICE: "Y99003"}


def test_what_merged_is_shown_under_what_it_became_and_stays_where_it_was_counted() -> None:
    keys = bring(
        "Y99003,Millford Surgery,succeeded_by,Y99002,Wexcombe Road Surgery,2026-10-01,",
        "Y99911,Millford Network,succeeded_by,Y99910,Wexcombe Network,2026-11-01,",
    )
    day = date(2026, 8, 31)
    assert standing(keys, "Y99003", day, as_of=date(2026, 9, 30))[Level.PRACTICE] == "Y99003"
    later = standing(keys, "Y99003", day)
    assert (later[Level.PRACTICE], later[Level.PCN], later[Level.PLACE]) == ("Y99002", "Y99910", "Y99921")


def test_mergers_in_a_chain_and_one_without_relations_of_its_own_are_followed() -> None:
    keys = bring(
        "Y99004,Abbey Street,succeeded_by,Y99003,Millford Surgery,2021-04-01,",
        "Y99003,Millford Surgery,succeeded_by,Y99002,Wexcombe Road Surgery,2026-10-01,",
    )
    found = standing(keys, "Y99004", date(2026, 8, 31))
    assert (found[Level.PRACTICE], found[Level.REGION]) == ("Y99002", "Y99950")


def test_however_many_ways_lead_up_each_is_counted_once() -> None:
    keys = bring(
        "Y99002,Wexcombe Road Surgery,in_place,Y99920,Wexcombe Place,2020-04-01,",
        "Y99002,Wexcombe Road Surgery,in_ics,Y99930,Wexshire,2020-04-01,",
    )
    codes = [keys["Y99002"], keys["Y99003"]]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT organisation_id FROM accounts_above WHERE above_id = %s AND organisation_id = ANY(%s)",
            [keys["Y99930"], codes],
        )
        assert sorted(key for (key,) in cursor.fetchall()) == sorted(codes)
    assert standing(keys, "Y99002", date(2026, 8, 31))[Level.ICS] == "Y99930"


def test_a_ring_of_relations_ends() -> None:
    keys = bring("Y99950,Wexland,in_ics,Y99930,Wexshire,2020-04-01,")
    assert standing(keys, "Y99002", date(2026, 8, 31))[Level.REGION] == "Y99950"


def test_figures_are_seen_of_ones_own_and_what_stands_below() -> None:
    keys = bring()
    codes = {pk: code for code, pk in keys.items()}
    system = accounts.Organisation.objects.get(ods_code="Y99930")
    practice = accounts.Organisation.objects.get(ods_code="Y99002")
    _, analyst = factories.person(system, Role.ICS_ANALYST)
    _, manager = factories.person(practice, Role.PRACTICE_MANAGER)
    _, receptionist = factories.person(practice, Role.RECEPTIONIST)
    day = date(2026, 12, 1)
    assert {codes[key] for key in reach(analyst, on=day)} == set(keys) - {"Y99950"}
    assert {codes[key] for key in reach(manager, on=day)} == {"Y99002"}
    with pytest.raises(NotPermitted):
        reach(receptionist, on=day)


def test_as_many_queries_for_many_as_for_few() -> None:
    keys = bring(
        *(f"Y98{number:03d},Practice {number},part_of_pcn,Y99910,Wexcombe Network,{START}," for number in range(70))
    )
    counts = []
    for few in (3, len(keys)):
        with CaptureQueriesContext(connection) as queries:
            chains(list(keys.values())[:few], on=date(2026, 8, 31))
        counts.append(len(queries))
    assert counts[0] == counts[1]
