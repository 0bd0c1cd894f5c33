"""How organisations stand to each other: from a file, dated, and whose checks somebody may see by it."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.kernel.access import NotPermitted, Role
from onedoor.kernel.models import AuditEntry

pytestmark = pytest.mark.django_db

HEAD = "ods_code,name,phone,kind,other_ods_code,other_name,from,until,shares_checks\n"


def take(lines: str) -> accounts.Brought:
    rows = accounts.read_organisations((HEAD + lines).encode())
    return accounts.take_organisations(rows=rows, by=factories.TEST)


def key(code: str) -> int:
    found = accounts.organisation_by_ods(code)
    assert found is not None
    return found.pk


PCN = "Y99002,Wexcombe Road Surgery,01632 960000,part_of_pcn,Y99101,Wexcombe Vale PCN,2026-04-01,,yes\n"
TRUST = "Y99002,Wexcombe Road Surgery,,served_by_trust,Y99900,Wexcombe NHS Trust,2026-04-01,,no\n"


def test_a_file_brings_organisations_and_relations_once() -> None:
    assert take(PCN + TRUST) == accounts.Brought(3, 2, 0, 0)
    assert take(PCN + TRUST) == accounts.Brought(0, 0, 0, 2)
    assert accounts.telephone(key("Y99002")) == "01632 960000"
    assert [one.name for one in accounts.related([key("Y99002")], "part_of_pcn")[key("Y99002")]] == [
        "Wexcombe Vale PCN"
    ]
    assert AuditEntry.objects.filter(action="relate_organisation").count() == 2


def test_what_it_says_of_an_organisation_anew_is_audited() -> None:
    take(PCN)
    take(PCN)
    take(PCN.replace("01632 960000", "01632 960001"))
    written = (
        AuditEntry.objects.filter(action="set_organisation").order_by("id").values_list("organisation_id", flat=True)
    )
    assert Counter(written) == {key("Y99101"): 1, key("Y99002"): 2}


def test_a_practice_that_changes_its_pcn_is_in_one_on_every_day() -> None:
    take(PCN)
    take(
        PCN.replace("2026-04-01,,", "2026-04-01,2026-10-01,")
        + "Y99002,Wexcombe Road Surgery,,part_of_pcn,Y99102,Hop Vale PCN,2026-10-01,,no\n"
    )
    before, after = date(2026, 9, 30), date(2026, 10, 1)
    assert accounts.members(key("Y99101"), "part_of_pcn", on=before) == [key("Y99002")]
    assert accounts.members(key("Y99101"), "part_of_pcn", on=after) == []
    assert accounts.members(key("Y99102"), "part_of_pcn", on=after) == [key("Y99002")]


def test_mergers_lead_to_what_there_is_on_the_day() -> None:
    """clinical.md 8: 15D, 99M and 10C became D4U1Y on 1 April 2021."""
    line = "{},{},,succeeded_by,D4U1Y,Frimley,2021-04-01,,\n"
    take("".join(line.format(code, f"CCG {code}") for code in ("15D", "99M", "10C")))
    for code in ("15D", "99M", "10C"):
        assert accounts.successor(key(code), on=date(2021, 3, 31)) == key(code)
        assert accounts.successor(key(code), on=date(2021, 4, 1)) == key("D4U1Y")
    assert accounts.successor(key("D4U1Y")) == key("D4U1Y")


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("Y9 9,Name,,,,,,,\n", "ods_code"),
        ("Y99002,,,,,,,,\n", "name"),
        ("Y99002,Name,,part_of_pcn,,,2026-04-01,,\n", "kind"),
        ("Y99002,Name,,friend_of,Y99101,PCN,2026-04-01,,\n", "kind"),
        ("Y99002,Name,,part_of_pcn,Y99002,Itself,2026-04-01,,\n", "other_ods_code"),
        ("Y99002,Name,,part_of_pcn,Y99101,PCN,,,\n", "from"),
        ("Y99002,Name,,part_of_pcn,Y99101,PCN,01/04/2026,,\n", "from"),
        ("Y99002,Name,,part_of_pcn,Y99101,PCN,2026-04-01,2026-04-01,\n", "until"),
        ("Y99002,Name,,part_of_pcn,Y99101,PCN,2026-04-01,,perhaps\n", "shares_checks"),
    ],
)
def test_a_fault_is_named_and_nothing_is_taken(line: str, column: str) -> None:
    with pytest.raises(accounts.FaultyOrganisations) as refused:
        accounts.read_organisations((HEAD + line).encode())
    assert [(one.row, one.column) for one in refused.value.faults] == [(2, column)]


def test_only_an_agreement_opens_another_organisations_people() -> None:
    take(PCN + TRUST)
    pcn = accounts.organisation_by_ods("Y99101")
    trust = accounts.organisation_by_ods("Y99900")
    assert pcn is not None
    assert trust is not None
    _, at_pcn = factories.person(pcn, Role.HEALTH_CARE_ASSISTANT)
    _, at_trust = factories.person(trust, Role.HEALTH_CARE_ASSISTANT)
    assert accounts.for_checks(at_pcn).organisation_ids == {pcn.pk, key("Y99002")}
    assert accounts.for_checks(at_pcn).actor.organisation_id == pcn.pk
    assert accounts.for_checks(at_trust).organisation_ids == {trust.pk}
    take(PCN.replace("2026-04-01,,yes", "2026-04-01,2026-05-01,yes"))
    assert accounts.for_checks(at_pcn).organisation_ids == {pcn.pk}
    _, desk = factories.person(pcn, Role.RECEPTIONIST)
    with pytest.raises(NotPermitted):
        accounts.for_checks(desk)


def test_only_who_runs_all_may_bring_organisations() -> None:
    _, desk = factories.person(factories.practice(), Role.PRACTICE_MANAGER)
    with pytest.raises(NotPermitted):
        accounts.take_organisations(rows=[], by=desk.actor)
