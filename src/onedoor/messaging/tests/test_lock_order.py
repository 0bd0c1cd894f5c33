"""One lock order: somebody who waits for one row holds none that comes after it (`messaging.models`)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction

from onedoor import factories
from onedoor.kernel import clock
from onedoor.messaging.actions.understanding import understand_next
from onedoor.messaging.dispatch import reconcile
from onedoor.messaging.dispatch.reconcile import Doubt
from onedoor.messaging.models import DispatchRun, Inbound, Message, State, Thread
from onedoor.messaging.ports import Found
from onedoor.messaging.tests import asking_factories as asking
from onedoor.messaging.tests.sending_factories import MOBILE, account, tried
from onedoor.tasks import api as tasks
from onedoor.tasks.api import Task

pytestmark = pytest.mark.django_db(transaction=True)


class Other:
    """Somebody else, on a connection of their own; `waits` returns once they wait for a lock of ours."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._pid = 0
        self._known = threading.Event()
        self.failed: Exception | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self._pid = cursor.fetchone()[0]
            self._known.set()
            self._work()
        except Exception as error:
            self.failed = error
        finally:
            connection.close()

    def waits(self) -> None:
        assert self._known.wait(10)
        until = time.monotonic() + 10
        while time.monotonic() < until and self._thread.is_alive():
            with connection.cursor() as cursor:
                cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)", [self._pid])
                if cursor.fetchone()[0]:
                    return
        raise AssertionError("it never waited") from self.failed

    def ends(self) -> None:
        self._thread.join(10)
        assert not self._thread.is_alive()
        assert self.failed is None


def doubts() -> tuple[Doubt, Doubt]:
    """Two texts in doubt. The one of the lower key lies behind the other in the table, where a scan comes to it last."""
    practice = factories.practice()
    account(practice)
    low, high = (tried(practice, State.UNKNOWN) for _ in range(2))
    Message.objects.filter(pk=low.pk).update(because="")
    return (
        Doubt(low.pk, low.account_id or 0, str(low.ref)),
        Doubt(high.pk, high.account_id or 0, str(high.ref)),
    )


@pytest.mark.parametrize("found", [False, True])
def test_doubts_are_locked_in_order_of_key(found: bool) -> None:
    low, high = doubts()
    both = [high, low]

    def learn() -> None:
        if found:
            reconcile.adopt([(doubt, Found(f"p-{doubt.id}", "sending")) for doubt in both])
        else:
            reconcile.absent(both, (60.0, 600.0))

    with transaction.atomic():
        Message.objects.select_for_update().get(pk=low.id)
        other = Other(learn)
        other.waits()
        Message.objects.select_for_update(nowait=True).get(pk=high.id)
    other.ends()
    assert set(Message.objects.values_list("state", "lookups")) == (
        {(State.ACCEPTED, 0)} if found else {(State.UNKNOWN, 1)}
    )


def test_a_dead_dispatchers_texts_are_locked_in_order_of_key() -> None:
    low, high = doubts()
    Message.objects.update(state=State.SENDING, run=7)
    Message.objects.filter(pk=low.id).update(because="")
    DispatchRun.objects.create(pk=7)
    with transaction.atomic():
        Message.objects.select_for_update().get(pk=low.id)
        other = Other(lambda: reconcile.release_dead(60.0))
        other.waits()
        Message.objects.select_for_update(nowait=True).get(pk=high.id)
    other.ends()
    assert set(Message.objects.values_list("state", flat=True)) == {State.UNKNOWN}


def test_work_is_locked_after_the_thread_it_is_about() -> None:
    """A text arrives while somebody ends the work of the text before: one waits for the other, never each for the other."""
    with asking.owning():
        practice = factories.practice()
        _, access = factories.person(practice)
        factories.patient(practice, mobile=MOBILE)
        asking.say(practice, MOBILE, "can I bring my dog")
        (task,) = tasks.waiting(access)
        asking.arrive(practice, MOBILE, "and my cat")
        Inbound.objects.update(received_real=clock.real_now() - timedelta(hours=1))
        with transaction.atomic():
            assert understand_next()
            other = Other(lambda: tasks.complete(access=access, ref=task.ref, outcome="answered"))
            other.waits()
            Task.objects.select_for_update(nowait=True).get(pk=task.pk)
        other.ends()
        assert Task.objects.get(pk=task.pk).state == "done"
        # It was understood while the work was being ended: nobody has read it, though it came long ago.
        assert Thread.objects.get().needs_person_since is not None
