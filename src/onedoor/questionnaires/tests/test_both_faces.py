"""The same answers by text and on a page come to the same record, score and visit; whoever has a red flag is a person's at once.

20 of each here; the long form is `ONEDOOR_QUESTIONNAIRE_RUNS=500 ONEDOOR_RED_FLAGS=1000 pytest` of this file.
"""

from __future__ import annotations

import os
from datetime import timedelta
from random import Random

import pytest

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.messaging.models import Inbound, Message
from onedoor.messaging.tests.asking_factories import account, arrive
from onedoor.questionnaires import api
from onedoor.questionnaires.definitions import shipped
from onedoor.questionnaires.licensed import definition_of
from onedoor.questionnaires.models import Response
from onedoor.questionnaires.outcomes import outcome
from onedoor.questionnaires.tests.walks import Reply, some_words, walk, without_channel
from onedoor.records.models import Coded, Entry
from onedoor.tasks.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

RUNS = int(os.environ.get("ONEDOOR_QUESTIONNAIRE_RUNS", "20"))
RED_FLAGS = int(os.environ.get("ONEDOOR_RED_FLAGS", "20"))
BY_TEXT = ("smoking", "audit-c", "weight-height", "home-bp", "about-you", "rcp", "flu-had", "act", "phq-9", "gad-7")


def practice() -> Organisation:
    organisation = factories.practice()
    account(organisation)
    for key, shell in shipped().items():
        if shell.licence:
            api.load_words(key=key, words=some_words(shell), licence="a test", watched_by="a test", by=factories.TEST)
    return organisation


def start(organisation: Organisation, key: str, via: str, number: int) -> Response:
    mobile = f"+4477009{number % 100_000:05d}" if via == "text" else None
    patient = factories.patient(organisation, mobile=mobile)
    desk = Actor(kind="user", id=1, label="Ada Desk", organisation_id=organisation.pk)
    return api.start(patient_id=patient.pk, organisation_id=organisation.pk, key=key, via=via, by=desk)


def by_text(organisation: Organisation, key: str, replies: list[Reply], number: int) -> Response:
    """The texts, hours apart, so that no hour has more of them than two machines would have."""
    response = start(organisation, key, "text", number)
    begun = clock.now()
    for n, one in enumerate(replies, 1):
        with clock.at(begun + timedelta(hours=n)):
            arrive(
                organisation,
                f"+4477009{number % 100_000:05d}",
                one.text,
                received_at=clock.now() - timedelta(seconds=2),
            )
            jobs.run_once("messaging.understand")
    response.refresh_from_db()
    return response


def by_page(organisation: Organisation, key: str, replies: list[Reply], number: int) -> Response:
    response = start(organisation, key, "portal", number)
    by, done = Actor.patient(response.patient_id), False
    for one in replies:
        done = api.answer(
            response_id=response.pk, link=one.link, given=one.given, via="portal", by=by, skip=one.skip
        ).done
    if not done:
        api.finish(response_id=response.pk, via="portal", by=by)
    response.refresh_from_db()
    return response


def came_to(response: Response) -> dict[str, object]:
    lines = Entry.objects.filter(patient=response.patient, kind="said").order_by("id").select_related("code")
    facts = Coded.objects.filter(patient=response.patient).order_by("code__code")
    return {
        "state": response.state,
        "score": response.score,
        "band": response.band,
        "visit": (response.visit, response.rule, response.rules_version),
        "red flags": response.red_flags,
        "record": [(without_channel(line.text), line.code.code if line.code else "") for line in lines],
        "coded": list(facts.values_list("code__code", "value", "unit__ucum")),
        "work": list(Task.objects.filter(patient=response.patient).order_by("kind").values_list("kind", "urgent")),
    }


def test_by_text_and_on_a_page_the_same() -> None:
    organisation, chance = practice(), Random(5)
    for n in range(RUNS):
        key = BY_TEXT[n % len(BY_TEXT)]
        replies = walk(definition_of(key), chance)
        texted, paged = (face(organisation, key, replies, n) for face in (by_text, by_page))
        assert came_to(texted) == came_to(paged), (key, [one.text for one in replies])
        assert texted.state in ("completed", "handed_over", "declined"), (key, [one.text for one in replies])


def test_a_red_flag_is_never_told_no_visit() -> None:
    """Whatever the score, whatever was answered before: today, a person at once, and advice that cannot be taken for none."""
    organisation, chance, done, n = practice(), Random(9), 0, 0
    while done < RED_FLAGS:
        key = chance.choice(("home-bp", "rcp", "phq-9"))
        definition = definition_of(key)
        replies = walk(definition, chance, skips=0.2)
        n += 1
        found = outcome(definition, {one.link: one.value for one in replies})
        if not found.red_flags:
            continue
        done += 1
        face = by_text if done % 4 == 0 else by_page
        response = face(organisation, key, replies, n)
        assert (response.visit, response.rule) == ("today", "red-flag"), replies
        assert Task.objects.filter(kind="red_flag", urgent=True, patient=response.patient).count() == 1
        if face is by_text:
            told = Message.objects.filter(patient=response.patient).order_by("-id").values_list("body", flat=True)[0]
            assert "999" in told
            assert "no visit" not in told.lower()
            assert not Inbound.objects.filter(processed_at=None).exists()
