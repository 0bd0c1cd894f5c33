"""Licensed scales: no words, no start; with the site's words they are asked; an unwatched PHQ-9 is not loaded."""

from __future__ import annotations

import pytest

from onedoor import factories
from onedoor.kernel.actor import Actor
from onedoor.questionnaires import api
from onedoor.questionnaires.definitions import shipped
from onedoor.questionnaires.tests.walks import some_words

pytestmark = pytest.mark.django_db

LICENSED = ("act", "msk-hq", "eq-5d", "phq-9", "gad-7")


def test_no_word_of_a_licensed_scale_is_shipped() -> None:
    for key in LICENSED:
        assert shipped()[key].licence
        for item in shipped()[key].items:
            assert (item.text, item.sms, item.again) == ("", "", "")
            assert not any(option.label for option in item.options)


@pytest.mark.parametrize("key", LICENSED)
def test_it_starts_once_the_site_has_loaded_its_words(key: str) -> None:
    organisation = factories.practice()
    sam = factories.patient(organisation)
    desk = Actor(kind="user", id=1, label="Ada Desk", organisation_id=organisation.pk)
    with pytest.raises(api.CannotAsk, match="not here"):
        api.start(patient_id=sam.pk, organisation_id=organisation.pk, key=key, via="portal", by=desk)
    shell = shipped()[key]
    api.load_words(
        key=key, words=some_words(shell), licence="Licence 1", watched_by="the duty doctor", by=factories.TEST
    )
    response = api.start(patient_id=sam.pk, organisation_id=organisation.pk, key=key, via="portal", by=desk)
    assert api.step(response, offer=False).text == f"Item 1 of {key}"
    assert [one.not_yet for one in api.startable() if one.key == key] == [""]


def test_words_must_be_for_every_item_and_every_option() -> None:
    words = some_words(shipped()["act"])
    for spoil in ("item", "option", "text"):
        wrong = some_words(shipped()["act"])
        if spoil == "item":
            del wrong["items"]["act-1"]
        elif spoil == "option":
            del wrong["items"]["act-1"]["options"]["3"]
        else:
            wrong["items"]["act-1"]["text"] = " "
        with pytest.raises(api.Faulty):
            api.load_words(key="act", words=wrong, licence="Licence 1", by=factories.TEST)
    with pytest.raises(api.Faulty, match="licence"):
        api.load_words(key="act", words=words, licence=" ", by=factories.TEST)
    with pytest.raises(api.Faulty, match="not a scale"):
        api.load_words(key="smoking", words=words, licence="Licence 1", by=factories.TEST)


def test_the_phq_9_is_not_loaded_unwatched() -> None:
    with pytest.raises(api.Faulty, match="watches"):
        api.load_words(key="phq-9", words=some_words(shipped()["phq-9"]), licence="Licence 1", by=factories.TEST)


def test_a_scale_that_is_too_long_for_texts_goes_by_link() -> None:
    organisation = factories.practice()
    sam = factories.patient(organisation, mobile="+447700900111")
    desk = Actor(kind="user", id=1, label="Ada Desk", organisation_id=organisation.pk)
    api.load_words(key="msk-hq", words=some_words(shipped()["msk-hq"]), licence="Licence 1", by=factories.TEST)
    with pytest.raises(api.CannotAsk, match="link"):
        api.start(patient_id=sam.pk, organisation_id=organisation.pk, key="msk-hq", via="text", by=desk)
