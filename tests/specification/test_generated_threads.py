"""Families on one telephone, generated with the truth of what each sender meant (J2); `./run bench threads` plays 5,000."""

from __future__ import annotations

import os

import pytest

from bench import threads

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

THREADS = int(os.environ.get("ONEDOOR_THREADS", "150"))


def test_no_text_touches_a_visit_that_its_sender_did_not_mean() -> None:
    found = threads.summary(threads.play(threads.generate(threads.SEED, THREADS)))
    assert (found["wrong"], found["lost_threads"]) == ([], [])


def test_no_text_is_lost_late_ones_least_of_all() -> None:
    found = threads.summary(threads.play(threads.generate(threads.SEED, THREADS // 3)))
    assert found["lost_threads"] == []
    assert found["after_start"] == found["after_start_handled"] > 0
    assert found["after_48h"] == found["after_48h_handled"] > 0


def test_a_thread_is_the_same_however_many_are_asked_for() -> None:
    assert list(threads.generate(7, 3)) == list(threads.generate(7, 5))[:3]
