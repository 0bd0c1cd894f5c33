"""What people say of texts, the phrases that come of it, and the figures of how texts were read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.models import AuditEntry
from onedoor.messaging import api as messaging
from onedoor.messaging.models import AcceptedPhrase, Inbound, OptOut, ProposedPhrase, Reading, Thread, Verdict
from onedoor.messaging.rules.disclosure import SMALL, bounds, hidden
from onedoor.messaging.rules.languages import age_band, language_of
from onedoor.messaging.tests import asking_factories as asking
from onedoor.messaging.tests.asking_factories import SimpleOwner, say
from onedoor.tasks.models import Task

SAM = "+447700900201"
TOMORROW = datetime(2026, 12, 8, 10, 20, tzinfo=clock.LONDON)


@pytest.fixture
def visits() -> Iterator[SimpleOwner]:
    with asking.owning() as (visits, _):
        yield visits


@pytest.fixture
def practice(db: None) -> Organisation:
    return factories.practice()


def meant(access: Access, text: Inbound, what: str) -> Verdict:
    thread = Thread.objects.get(organisation=text.organisation_id, number=text.number)
    return messaging.say_meant(access=access, thread_ref=thread.ref, text=text.pk, meant=what)


def cancelled(practice: Organisation, visits: SimpleOwner) -> Inbound:
    """Sam's visit, cancelled by a text."""
    sam = factories.patient(practice, "Sam", "Hollis", mobile=SAM)
    asking.remind(visits.add(sam, practice, clock.now() + timedelta(days=1)))
    text = say(practice, SAM, "cancel")
    assert text.outcome == "acted"
    return text


@pytest.mark.django_db
class TestVerdicts:
    """One of a text stands."""

    def test_the_last_that_was_said_stands_and_the_same_twice_is_once(
        self, visits: SimpleOwner, practice: Organisation
    ) -> None:
        _, access = factories.person(practice)
        factories.patient(practice, "Sam", "Hollis", mobile=SAM)
        text = say(practice, SAM, "Can Sam Hollis come some other day or will that be bad")
        for what in ("question", "question", "rebook"):
            meant(access, text, what)
        said = Verdict.objects.filter(inbound=text).order_by("id")
        assert [(one.meant, one.stands) for one in said] == [("question", False), ("rebook", True)]
        phrase = ProposedPhrase.objects.get()
        assert (phrase.intent, phrase.context) == ("rebook", "appointment")
        assert "Hollis" not in phrase.text

    def test_not_meant_corrects_what_was_acted_on(self, visits: SimpleOwner, practice: Organisation) -> None:
        _, access = factories.person(practice)
        text = cancelled(practice, visits)
        assert not meant(access, text, "cancel").corrected
        assert meant(access, text, "not_meant").corrected
        assert not ProposedPhrase.objects.exists()
        assert meant(access, text, "confirm").corrected
        assert ProposedPhrase.objects.get().intent == "confirm"

    def test_what_waits_cannot_be_taken_back(self, visits: SimpleOwner, practice: Organisation) -> None:
        _, access = factories.person(practice)
        factories.patient(practice, "Sam", mobile=SAM)
        with pytest.raises(messaging.NotAMeaning):
            meant(access, say(practice, SAM, "what shall I bring with me?"), "not_meant")

    def test_stop_wrong_number_and_death_do_what_they_say(self, visits: SimpleOwner, practice: Organisation) -> None:
        _, access = factories.person(practice)
        rests = (
            ("stop", "stop", ""),
            ("wrong_person", "wrong_number", "wrong_number"),
            ("deceased", "bereaved", "deceased_reply"),
        )
        for at, (what, because, kind) in enumerate(rests, 1):
            number = f"+44770090030{at}"
            factories.patient(practice, "Sam", mobile=number)
            text = say(practice, number, "a story of which nobody can tell what it wants from us")
            meant(access, text, what)
            meant(access, text, what)
            assert OptOut.objects.get(number=number, until=None).because == because
            assert not kind or Task.objects.filter(kind=kind).count() == 1

    def test_another_practice_says_nothing_of_it(self, visits: SimpleOwner, practice: Organisation) -> None:
        _, stranger = factories.person(factories.practice("Y99003", "Marfleet Lane Practice"))
        text = cancelled(practice, visits)
        with pytest.raises(Thread.DoesNotExist):
            meant(stranger, text, "not_meant")
        assert not Verdict.objects.exists()


@pytest.mark.django_db
class TestPhrases:
    """Nothing leaves before somebody has looked, and then nothing leads back."""

    def proposed(self, practice: Organisation) -> Access:
        _, desk = factories.person(practice)
        factories.patient(practice, "Sam", "Hollis", mobile=SAM)
        meant(
            desk, say(practice, SAM, "Sam Hollis would rather do Thursday the 10th at 3pm, ring 07700 900201"), "rebook"
        )
        return factories.person(practice, Role.PRACTICE_MANAGER)[1]

    def test_an_accepted_phrase_is_all_that_is_left(self, visits: SimpleOwner, practice: Organisation) -> None:
        manager = self.proposed(practice)
        [phrase], count = messaging.phrases_to_check(manager)
        assert count == 1
        assert phrase.text == "Alex would rather do that day at that time, ring that number"
        system = Access.system("a test")
        assert list(messaging.accepted_phrases(system)) == []
        messaging.accept_phrase(access=manager, ref=phrase.ref, text="I would rather do that day", intent="rebook")
        assert list(messaging.accepted_phrases(system)) == [("appointment", "I would rather do that day", "rebook", "")]
        assert not ProposedPhrase.objects.exists()
        columns = {field.name for field in AcceptedPhrase._meta.get_fields()}
        assert columns == {"id", "context", "text", "intent", "value"}
        entry = AuditEntry.objects.get(action="accept_phrase")
        assert (entry.subject, entry.patient_id) == ("organisation", None)

    def test_a_refused_phrase_is_deleted(self, visits: SimpleOwner, practice: Organisation) -> None:
        manager = self.proposed(practice)
        ref = ProposedPhrase.objects.get().ref
        messaging.refuse_phrase(access=manager, ref=ref)
        assert not ProposedPhrase.objects.exists()
        assert not AcceptedPhrase.objects.exists()
        with pytest.raises(ProposedPhrase.DoesNotExist):
            messaging.accept_phrase(access=manager, ref=ref, text="x", intent="rebook")

    def test_the_desk_lets_nothing_go(self, visits: SimpleOwner, practice: Organisation) -> None:
        self.proposed(practice)
        _, desk = factories.person(practice)
        with pytest.raises(NotPermitted):
            messaging.accept_phrase(access=desk, ref=ProposedPhrase.objects.get().ref, text="x", intent="rebook")

    @pytest.mark.parametrize("context", ["fft", "which"])
    def test_feedback_is_never_proposed(self, visits: SimpleOwner, practice: Organisation, context: str) -> None:
        _, access = factories.person(practice)
        factories.patient(practice, "Sam", mobile=SAM)
        text = say(practice, SAM, "it was all rather long and I would say so to anybody")
        Reading.objects.filter(inbound=text).update(context=context)
        meant(access, text, "unclear")
        assert not ProposedPhrase.objects.exists()

    def test_danger_is_never_proposed(self, visits: SimpleOwner, practice: Organisation) -> None:
        _, access = factories.person(practice)
        factories.patient(practice, "Sam", mobile=SAM)
        text = say(practice, SAM, "I want to die")
        assert text.outcome == "crisis"
        meant(access, text, "question")
        assert not ProposedPhrase.objects.exists()


def read(practice: Organisation, count: int, *, made: str = "acted", **also: object) -> list[Inbound]:
    """Texts that were read, put in their tables."""
    texts = Inbound.objects.bulk_create(
        Inbound(
            account=asking.account(practice),
            organisation=practice,
            provider_id=str(uuid4()),
            number=SAM,
            to_number="",
            text="x",
            received_at=clock.now(),
            processed_at=clock.now(),
            outcome="acted" if made == "acted" else "person",
        )
        for _ in range(count)
    )
    values = {"language": "en", "age_band": "25-44", "context": "appointment", "confidence": 1.0, **also}
    Reading.objects.bulk_create(
        Reading(inbound=text, organisation=practice, at=clock.now(), made=made, **values) for text in texts
    )
    return texts


@pytest.mark.django_db
class TestAccuracy:
    """How texts were read."""

    def test_counts_shares_and_bounds(self, practice: Organisation) -> None:
        user, access = factories.person(practice)
        acted = read(practice, 60)
        read(practice, 40, made="person")
        read(practice, 10, made="asked")
        for text in acted[:6]:
            Verdict.objects.create(
                inbound=text, confidence=1, meant="not_meant", corrected=True, by=user, at=clock.now()
            )
        found = messaging.accuracy(access, first=clock.today(), last=clock.today()).whole
        assert (found.read.count, found.acted.count, found.person.count, found.corrected.count) == (110, 60, 40, 6)
        assert (found.person.share, found.corrected.share) == (40 / 110, 0.1)
        assert found.corrected.low is not None
        assert round(found.corrected.low, 3) == 0.047

    def test_what_a_text_was_read_as_is_counted(self, visits: SimpleOwner, practice: Organisation) -> None:
        text = cancelled(practice, visits)
        found = Reading.objects.get(inbound=text)
        assert (found.context, found.language, found.made, found.confidence) == ("appointment", "en", "acted", 1.0)
        assert found.age_band != "unknown"
        factories.patient(practice, "Ada", "Hollis", mobile=SAM)
        assert Reading.objects.get(inbound=say(practice, SAM, "nie moge jutro")).age_band == "unknown"

    def test_a_small_group_is_hidden_and_another_with_it(self, practice: Organisation) -> None:
        _, access = factories.person(practice)
        for language, count in (("en", 50), ("pl", 9), ("ro", 2)):
            read(practice, count, language=language)
        tables = messaging.accuracy(access, first=clock.today(), last=clock.today()).tables
        shown = {line.name: line.read.count for line in tables[0].lines}
        assert shown == {"English": 50, "Polish": None, "Romanian": None}

    def test_another_practice_and_another_day_are_not_counted(self, practice: Organisation) -> None:
        _, access = factories.person(practice)
        other = factories.practice("Y99003", "Marfleet Lane Practice")
        read(practice, 7)
        read(other, 20)
        today = clock.today()
        assert messaging.accuracy(access, first=today, last=today).whole.read.count == 7
        theirs = messaging.accuracy(access, first=today, last=today, organisation_id=other.pk)
        assert theirs.whole.read.count is None
        yesterday = today - timedelta(days=1)
        assert messaging.accuracy(access, first=yesterday, last=yesterday).whole.read.count is None
        _, administrator = factories.person(practice, Role.ADMINISTRATOR)
        assert messaging.accuracy(administrator, first=today, last=today).whole.read.count == 27

    def test_ten_and_a_thousand_texts_take_as_many_statements(self, practice: Organisation) -> None:
        _, access = factories.person(practice)

        def statements() -> int:
            with CaptureQueriesContext(connection) as found:
                messaging.accuracy(access, first=clock.today(), last=clock.today())
            return len(found)

        read(practice, 10)
        few = statements()
        read(practice, 990, language="pl")
        assert statements() == few


@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(st.integers(0, 40), min_size=width, max_size=width), min_size=1, max_size=6)
    )
)
def test_no_hidden_count_can_be_worked_out_alone(rows: list[list[int]]) -> None:
    out = hidden(rows)
    lines = list(out) if len(rows[0]) > 1 else []
    lines += [list(column) for column in zip(*out, strict=True)] if len(rows) > 1 else []
    counts = list(rows) if len(rows[0]) > 1 else []
    counts += [list(column) for column in zip(*rows, strict=True)] if len(rows) > 1 else []
    for line, known in zip(lines, counts, strict=True):
        left = [count for count, gone in zip(known, line, strict=True) if gone]
        assert all(line) or not left or (len(left) > 1 and sum(left) >= SMALL)
    assert all(
        hide or count >= SMALL
        for row, gone in zip(rows, out, strict=True)
        for count, hide in zip(row, gone, strict=True)
    )


def test_bounds() -> None:
    assert bounds(0, 0) == (0.0, 1.0)
    low, high = bounds(2, 976)
    assert (round(low, 4), round(high, 4)) == (0.0006, 0.0074)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("please cancel it", "en"),
        ("nie moge przyjsc na wizyte", "pl"),
        ("nu pot veni, multumesc", "ro"),
        ("não posso ir", "pt"),
        ("ma imanayo, mahadsanid", "so"),
        ("میں نہیں آ سکتا", "ur"),
        ("لا أستطيع الحضور", "ar"),
        ("ਰੱਦ ਕਰੋ", "pa"),
        ("বাতিল করুন", "bn"),
        ("રદ કરો", "gu"),
        ("👍", "unknown"),
        ("Y", "unknown"),
    ],
)
def test_the_language_of_a_text(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(("years", "band"), [(None, "unknown"), (0, "0-15"), (16, "16-24"), (79, "65-79"), (80, "80+")])
def test_age_bands(years: int | None, band: str) -> None:
    assert age_band(years) == band


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["Ring 07700 900123", "NHS 999 000 0018", "You were born on 01/02/1970"])
def test_a_ready_reply_names_no_patient(practice: Organisation, text: str) -> None:
    _, manager = factories.person(practice, Role.PRACTICE_MANAGER)
    assert (
        messaging.set_ready_replies(access=manager, organisation_id=practice.pk, texts=["We will ring you today.", " "])
        == 1
    )
    with pytest.raises(messaging.NamesSomebody):
        messaging.set_ready_replies(access=manager, organisation_id=practice.pk, texts=[text])
    assert messaging.ready_replies(manager) == ["We will ring you today."]
