"""Whatever days, standings and answers come in whatever order: nobody is asked for two reasons within 28 days, nobody is who must
not be, and nothing that anybody says is done (hazards H4, H5, H6)."""

from __future__ import annotations

import itertools
import os
from collections import defaultdict
from datetime import date, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onedoor.accounts.api import Organisation
from onedoor.kernel import clock, jobs
from onedoor.messaging.tests.asking_factories import say
from onedoor.patients.models import CareRelationship, Patient
from onedoor.recall import planning, rules
from onedoor.recall.models import Invitation, InvitationHistory, Standing, Wave
from onedoor.recall.tests.away import COVERS, everything_away
from onedoor.recall.tests.run_factories import DAY, MONDAY, done, due, night, people, practice, went
from onedoor.records.models import Entry

pytestmark = pytest.mark.django_db

KEYS = ("asthma", "diabetes", "smi")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("days"), st.integers(1, 40), st.just("")),
        st.tuples(st.just("due"), st.integers(0, 3), st.sampled_from(KEYS)),
        st.tuples(st.just("done"), st.integers(0, 3), st.sampled_from(KEYS)),
        st.tuples(st.just("elsewhere"), st.integers(0, 3), st.sampled_from(KEYS)),
        st.tuples(st.just("excluded"), st.integers(0, 3), st.sampled_from(KEYS)),
        st.tuples(
            st.just("says"), st.integers(0, 3), st.sampled_from(["yes", "no thanks", "already had it", "STOP", "?"])
        ),
        st.tuples(st.just("barred"), st.integers(0, 3), st.sampled_from(["dead", "restricted", "left"])),
    ),
    min_size=3,
    max_size=14,
)


@settings(
    max_examples=int(os.environ.get("ONEDOOR_EXAMPLES", "12")),
    deadline=None,
    derandomize="ONEDOOR_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_nobody_is_asked_too_often_or_who_must_not_be(steps: list[tuple[str, int, str]]) -> None:
    with transaction.atomic():
        _play(steps)
        # The next example begins with nothing.
        transaction.set_rollback(True)


def _play(steps: list[tuple[str, int, str]]) -> None:
    here = practice(*KEYS)
    everybody = people(here, 4)
    moment = MONDAY
    due(everybody[:2], *KEYS[:2], on=moment.date())
    barred: dict[int, datetime] = {}
    coming: dict[int, list[tuple[str, date]]] = defaultdict(list)
    for what, n, more in steps:
        who = everybody[n % 4]
        if what == "days":
            for _ in range(n):
                _night(moment)
                moment += DAY
        elif what == "elsewhere":
            with clock.at(moment):
                everything_away(who, more)
            coming[who.pk] += [(key, moment.date()) for key in COVERS[more]]
        elif what in ("due", "done", "excluded"):
            _stand(what, who, more, moment)
        elif what == "says":
            with clock.at(moment):
                say(here, f"+4477009{n % 4:05d}", more)
        else:
            _bar(who, more, moment)
            barred.setdefault(who.pk, moment)
        moment += timedelta(hours=1)
    _night(moment)
    _holds(here, barred)
    _nobody_for_what_is_on_its_way(here, coming)


def _nobody_for_what_is_on_its_way(here: Organisation, coming: dict[int, list[tuple[str, date]]]) -> None:
    """A wave names at least one programme of which nothing was done elsewhere in the last 28 days."""
    for wave in Wave.objects.filter(organisation=here).select_related("invitation"):
        theirs = coming.get(wave.invitation.patient_id, ())
        lately = {key for key, day in theirs if timedelta() < wave.made_on - day < timedelta(days=planning.ON_ITS_WAY)}
        joined = set(wave.invitation.programmes.values_list("key", flat=True))
        assert joined - lately, (wave.number, wave.made_on, theirs)


def _night(moment: datetime) -> None:
    night(moment)
    went(moment + timedelta(hours=8))
    with clock.at(moment + timedelta(hours=9)):
        jobs.run_once("recall.expire")


def _stand(what: str, who: Patient, key: str, moment: datetime) -> None:
    if what == "due":
        due([who], key, on=moment.date())
    elif what == "done":
        done([who], key, on=moment.date())
    else:
        due([who], key, on=moment.date(), status=1, reason="unsuitable")


def _bar(who: Patient, how: str, moment: datetime) -> None:
    if how == "left":
        CareRelationship.objects.filter(patient=who).update(ends_on=moment.date())
    else:
        Patient.objects.filter(pk=who.pk).update(**{"deceased" if how == "dead" else "restricted": True})


def _holds(here: Organisation, barred: dict[int, datetime]) -> None:
    asked = defaultdict(list)
    for wave in Wave.objects.filter(organisation=here).select_related("invitation").order_by("made_on", "id"):
        asked[wave.invitation.patient_id].append(wave)
    for patient_id, waves in asked.items():
        for one, other in itertools.pairwise(waves):
            apart = (other.made_on - one.made_on).days
            if one.invitation_id != other.invitation_id:
                # A text that never went asked nobody; its turn was given back only if nothing had gone.
                assert apart >= planning.APART or one.invitation.state == "withdrawn"
            elif one.state == "sent":
                assert apart >= 21
        if patient_id in barred:
            assert all(wave.made_on <= barred[patient_id].date() for wave in waves)
    for state in InvitationHistory.objects.filter(parent__organisation=here, to_state="done"):
        assert state.actor_kind == "system", "no answer is done"
        assert Standing.objects.filter(patient_id=state.parent.patient_id, reason="done").exists() or _was_done(state)
    moves = InvitationHistory.objects.filter(parent__organisation=here).values_list("from_state", "to_state")
    assert all(to in rules.MOVES[before] for before, to in moves if before)
    # What went out is coded once for each wave and code, and nothing else of an invitation but a refusal is.
    coded = Entry.objects.filter(subject="invitation", organisation=here, code__isnull=False)
    said = ("Invited to a visit", "Declined a visit")
    assert all(entry.text.startswith(said) for entry in coded)


def _was_done(state: InvitationHistory) -> bool:
    return Invitation.objects.get(pk=state.parent_id).programmes.filter(because="done").exists()
