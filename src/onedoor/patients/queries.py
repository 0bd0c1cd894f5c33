"""Reads of patients. Each starts from what the access may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from onedoor.accounts.api import Organisation
from onedoor.kernel import arrays, clock, prepared
from onedoor.kernel.access import Access
from onedoor.patients.models import CareRelationship, ContactPoint, Need, Patient
from onedoor.patients.types import Card, Holder, Needing, NeedView, Reach


def visible(access: Access) -> QuerySet[Patient]:
    """Patients within a present care relationship of the access; for a patient, themselves; for whoever broke the glass, the one
    whom they opened (`opening.access_for` has seen that it still holds)."""
    if access.everything:
        return Patient.objects.all()
    if access.opened is not None:
        return Patient.objects.filter(pk=access.opened)
    if access.patient_id is not None:
        return Patient.objects.filter(pk=access.patient_id)
    today = clock.today()
    relationship = CareRelationship.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=today),
        patient=OuterRef("pk"),
        organisation_id__in=access.organisations,
        starts_on__lte=today,
    )
    return Patient.objects.filter(Exists(relationship))


def by_ref(access: Access, ref: UUID) -> Patient:
    """One patient by public reference; raises Patient.DoesNotExist outside the access."""
    return visible(access).get(ref=ref)


def by_id(access: Access, patient_id: int) -> Patient:
    """One patient by key; raises Patient.DoesNotExist outside the access."""
    return visible(access).get(pk=patient_id)


def reach(organisation_id: int, patient_ids: Iterable[int]) -> dict[int, Reach]:
    """Reach of many patients in one query, by patient key."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT p.id, p.given_name, p.family_name, p.born_on, m.value, l.value, coalesce(h.holders, 0),
                      p.deceased, p.restricted,
                      EXISTS (SELECT 1 FROM patients_care_relationship r WHERE r.patient_id = p.id
                              AND r.organisation_id = %(organisation)s AND r.starts_on <= %(today)s
                              AND (r.ends_on IS NULL OR r.ends_on > %(today)s)),
                      coalesce(n.needs, '{}')
               FROM patients_patient p
               LEFT JOIN LATERAL (SELECT value FROM patients_contact_point c WHERE c.patient_id = p.id
                    AND c.kind = 'mobile' AND c.until IS NULL ORDER BY c.id LIMIT 1) m ON true
               LEFT JOIN LATERAL (SELECT value FROM patients_contact_point c WHERE c.patient_id = p.id
                    AND c.kind = 'landline' AND c.until IS NULL ORDER BY c.id LIMIT 1) l ON true
               LEFT JOIN LATERAL (SELECT count(DISTINCT c.patient_id) AS holders FROM patients_contact_point c
                    JOIN patients_patient q ON q.id = c.patient_id AND NOT q.deceased
                    WHERE c.value = m.value AND c.until IS NULL) h ON true
               LEFT JOIN LATERAL (SELECT array_agg(text ORDER BY text) AS needs FROM patients_need n
                    WHERE n.patient_id = p.id AND n.until IS NULL) n ON true
               WHERE p.id = ANY(%(ids)s)""",
            {"organisation": organisation_id, "today": clock.today(), "ids": list(patient_ids)},
        )
        return {row[0]: Reach(*[*row[:10], tuple(row[10])]) for row in cursor.fetchall()}


def not_to_be_reached(pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[bool, bool, bool]]:
    """Of (organisation, patient) pairs, those who died, are restricted, or left: (deceased, restricted, left) by pair.

    The short form of `reach`, for looking again just before something goes out.
    """
    found = prepared.execute(
        """SELECT w.organisation, w.patient, p.deceased, p.restricted, r.id IS NULL
           FROM unnest(%(organisations)s::bigint[], %(patients)s::bigint[]) AS w(organisation, patient)
           JOIN patients_patient p ON p.id = w.patient
           LEFT JOIN LATERAL (SELECT r.id FROM patients_care_relationship r WHERE r.patient_id = w.patient
                AND r.organisation_id = w.organisation AND r.starts_on <= %(today)s::date
                AND (r.ends_on IS NULL OR r.ends_on > %(today)s::date) LIMIT 1) r ON true
           WHERE p.deceased OR p.restricted OR r.id IS NULL""",
        {
            "organisations": arrays.numbers(pair[0] for pair in pairs),
            "patients": arrays.numbers(pair[1] for pair in pairs),
            "today": clock.today(),
        },
    )
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in found.fetchall()}


def no_longer_theirs(pairs: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
    """Of (patient, E.164 number) pairs, those where the number was the patient's and is no more: replaced, or wrong."""
    found = prepared.execute(
        """SELECT DISTINCT w.patient, w.number
           FROM unnest(%(patients)s::bigint[], %(numbers)s::text[]) AS w(patient, number)
           JOIN patients_contact_point c ON c.patient_id = w.patient AND c.value = w.number
                AND c.kind = 'mobile' AND c.until IS NOT NULL
           WHERE NOT EXISTS (SELECT 1 FROM patients_contact_point n WHERE n.patient_id = w.patient
                             AND n.value = w.number AND n.until IS NULL)""",
        {
            "patients": arrays.numbers(pair[0] for pair in pairs),
            "numbers": arrays.words(pair[1] for pair in pairs),
        },
    )
    return {(row[0], row[1]) for row in found.fetchall()}


def holders(organisation_id: int, number: str) -> list[Holder]:
    """Every patient of the organisation who holds this E.164 number now, the dead included."""
    today = clock.today()
    found = (
        Patient.objects.filter(contact_points__value=number, contact_points__until=None)
        .filter(
            Q(care_relationships__ends_on=None) | Q(care_relationships__ends_on__gt=today),
            care_relationships__organisation_id=organisation_id,
            care_relationships__starts_on__lte=today,
        )
        .distinct()
        .order_by("id")
    )
    return [
        Holder(p.pk, given_name=p.given_name, family_name=p.family_name, born_on=p.born_on, deceased=p.deceased)
        for p in found
    ]


def card(access: Access, patient_id: int) -> Card:
    """The banner of one patient; raises Patient.DoesNotExist outside the access."""
    patient = by_id(access, patient_id)
    points = list(patient.contact_points.filter(until=None).order_by("id").values_list("kind", "value"))
    mobiles = tuple(value for kind, value in points if kind == "mobile")
    shared = (
        ContactPoint.objects.filter(value__in=mobiles, until=None, patient__deceased=False)
        .exclude(patient=patient)
        .exists()
    )
    practice = practice_of(patient_id)
    return Card(
        id=patient.pk,
        ref=patient.ref,
        name=patient.shown_name,
        born_on=patient.born_on,
        nhs_number=patient.nhs_number,
        gender=patient.gender,
        address=patient.address,
        postcode=patient.postcode,
        language=patient.language,
        deceased=patient.deceased,
        restricted=patient.restricted,
        practice=practice.name if practice else "",
        mobiles=mobiles,
        landlines=tuple(value for kind, value in points if kind == "landline"),
        emails=tuple(value for kind, value in points if kind == "email"),
        needs=tuple(patient.needs.filter(until=None).order_by("text").values_list("text", flat=True)),
        shared_mobile=shared,
    )


def registered_at(access: Access, patient_id: int) -> int | None:
    """The organisation that a patient is registered with; raises Patient.DoesNotExist outside the access."""
    by_id(access, patient_id)
    practice = practice_of(patient_id)
    return practice.pk if practice else None


def practice_of(patient_id: int) -> Organisation | None:
    """The practice that a patient is registered with today; whoever asks has seen to it that they may know the patient.

    The newest registration of several, in the order in which recall takes them: only a practice's own list ends its registration,
    so that somebody who moved is for a while on both.
    """
    today = clock.today()
    found = CareRelationship.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=today), patient_id=patient_id, kind="registered", starts_on__lte=today
    )
    relationship = found.select_related("organisation").order_by("-starts_on", "-organisation_id").first()
    return relationship.organisation if relationship else None


def carers_of(access: Access, patient_id: int) -> list[Organisation]:
    """The organisations that care for a patient now, by name; raises Patient.DoesNotExist outside the access."""
    by_id(access, patient_id)
    today = clock.today()
    present = CareRelationship.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=today), patient_id=patient_id, starts_on__lte=today
    )
    return list(Organisation.objects.filter(pk__in=present.values("organisation_id")).order_by("name"))


def names(access: Access, patient_ids: Iterable[int]) -> dict[int, Patient]:
    """Many patients by key, those within the access only."""
    return visible(access).in_bulk(list(patient_ids))


def needs_of(access: Access, patient_id: int) -> list[NeedView]:
    """A patient's present needs by their words, whoever wrote them down. Raises Patient.DoesNotExist outside the access."""
    by_id(access, patient_id)
    return [
        NeedView(n.pk, n.text, n.code, n.source, n.organisation_id, n.organisation.name)
        for n in Need.objects.filter(patient_id=patient_id, until=None)
        .select_related("organisation")
        .order_by("text", "id")
    ]


def needing(patient_ids: Iterable[int]) -> dict[int, Needing]:
    """Of these patients those who need anything, and what, by key; in one query. Whoever asks says why it may know."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT n.patient_id, p.language, array_agg(DISTINCT ARRAY[n.text, n.code]) FROM patients_need n
               JOIN patients_patient p ON p.id = n.patient_id
               WHERE n.patient_id = ANY(%s) AND n.until IS NULL GROUP BY n.patient_id, p.language""",
            [list(patient_ids)],
        )
        return {
            key: Needing(language, tuple((text, code) for text, code in sorted(needs)))
            for key, language, needs in cursor.fetchall()
        }
