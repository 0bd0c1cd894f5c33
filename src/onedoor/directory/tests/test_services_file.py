"""A services file, through the door: what it brings, what it changes, and what is wrong with one that is refused."""

from __future__ import annotations

import pytest

from onedoor.accounts.api import organisation_by_ods
from onedoor.directory import api as directory
from onedoor.directory.models import Opening
from onedoor.factories import TEST, person, practice
from onedoor.kernel.access import NotPermitted
from onedoor.kernel.models import AuditEntry

HEADER = "slug,name,summary,provider_ods,provider,ages_from,ages_to,refers,hours,streams,postcode"
ROW = 'msk,Joint Service,"Help with joints",Y99900,Wexcombe Community Health,16,,gp;patient,Mon-Fri 08:00-18:00,{},wx4 2ab'


def file(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows]).encode()


def bring(*rows: str) -> object:
    return directory.take_services(rows=directory.read_services(file(*rows)), by=TEST)


def standing() -> dict[str, bool]:
    service = directory.service_by_slug("msk")
    assert service is not None
    return {stream.name: stream.active for stream in service.streams.all()}


@pytest.mark.django_db
def test_a_file_brings_services_streams_and_hours() -> None:
    bring(ROW.format("Physiotherapy;Exercise Classes (class);Ultrasound (diagnostic)"))
    service = directory.service_by_slug("msk")
    assert service is not None
    assert (service.ages_from, service.ages_to, service.refers) == (16, None, ["gp", "patient"])
    assert [place.postcode for place in service.places.all()] == ["WX4 2AB"]
    assert [(s.name, s.kind, s.position) for s in service.streams.all()] == [
        ("Physiotherapy", "one_to_one", 1),
        ("Exercise Classes", "class", 2),
        ("Ultrasound", "diagnostic", 3),
    ]
    assert Opening.objects.filter(service=service).count() == 5
    provider = organisation_by_ods("Y99900")
    assert provider is not None
    assert directory.providers() == {provider.pk}


@pytest.mark.django_db
def test_the_same_file_again_changes_nothing_and_writes_no_audit() -> None:
    bring(ROW.format("Physiotherapy"))
    before = AuditEntry.objects.count()
    assert bring(ROW.format("Physiotherapy")) == directory.Brought(new=0, changed=0, same=1, streams_ended=0)
    assert AuditEntry.objects.count() == before


@pytest.mark.django_db
def test_a_stream_that_the_file_no_longer_names_is_ended_and_can_come_back() -> None:
    bring(ROW.format("Physiotherapy;Ultrasound (diagnostic)"))
    assert bring(ROW.format("Ultrasound (diagnostic)")) == directory.Brought(0, 1, 0, streams_ended=1)
    assert standing() == {"Physiotherapy": False, "Ultrasound": True}
    bring(ROW.format("Physiotherapy"))
    assert standing() == {"Physiotherapy": True, "Ultrasound": False}


@pytest.mark.django_db
def test_whose_list_it_is_follows_from_streams_that_only_one_service_has() -> None:
    bring(ROW.format("Physiotherapy;Ultrasound"), ROW.replace("msk", "pelvic").format("Physiotherapy"))
    assert [s.slug for s in directory.services_of_streams(["Ultrasound", "Physiotherapy"])] == ["msk"]
    assert len(directory.services_of_streams(["Physiotherapy"])) == 2
    assert directory.services_of_streams([]) == []


@pytest.mark.django_db
def test_an_organisation_that_is_known_keeps_its_name_and_number() -> None:
    here = practice()
    bring(ROW.format("").replace("Y99900", here.ods_code))
    here.refresh_from_db()
    assert (here.name, here.phone) == ("Wexcombe Road Surgery", "01632 960000")


@pytest.mark.django_db
def test_only_those_who_run_the_system_bring_services() -> None:
    _, access = person(practice())
    with pytest.raises(NotPermitted):
        directory.take_services(rows=directory.read_services(file(ROW.format(""))), by=access.actor)


@pytest.mark.parametrize(
    ("content", "column", "line"),
    [
        (b"slug,name\nmsk,Joints\n", "summary", 1),
        (file("Msk Service" + ROW.format("")[3:]), "slug", 2),
        (file(ROW.format("").replace("gp;patient", "gp;vicar")), "refers", 2),
        (file(ROW.format("").replace("Mon-Fri 08:00-18:00", "most days")), "hours", 2),
        (file(ROW.format("").replace("Mon-Fri 08:00-18:00", "Mon 08:00-25:00")), "hours", 2),
        (file(ROW.format("").replace(",16,,", ",16,12,")), "ages_to", 2),
        (file(ROW.format("").replace("wx4 2ab", "the hill")), "postcode", 2),
        (file(ROW.format("A;A")), "streams", 2),
        (file(ROW.format(""), ROW.format("")), "slug", 3),
        (file(ROW.format("") + ",one more"), "", 2),
        (file(), "", 1),
    ],
)
def test_a_faulty_file_is_refused_whole_and_says_where(content: bytes, column: str, line: int) -> None:
    with pytest.raises(directory.FaultyFile) as refused:
        directory.read_services(content)
    assert (column, line) in {(fault.column, fault.line) for fault in refused.value.faults}
