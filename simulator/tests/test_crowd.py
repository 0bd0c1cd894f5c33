"""The crowd answers by seeded chance, the same every time."""

from __future__ import annotations

from simulator.phones.personas import Crowd

REMINDER = "Sam: your appointment is Tue 8 Dec at 10:20am. Reply YES to keep it, CANCEL to cancel it."
OFFER = "Sam: an earlier appointment, Mon 7 Dec at 2:10pm, is free. Reply YES to take it, NO to stay as you are."
PHONES = [f"447700900{n:03d}" for n in range(1000)]


def shares(body: str) -> dict[str, float]:
    texts = [reply.text if reply else "" for reply in (Crowd(7).reply(phone, body) for phone in PHONES)]
    return {text: texts.count(text) / len(texts) for text in set(texts)}


def test_the_same_seed_gives_the_same_answers() -> None:
    assert [Crowd(7).reply(phone, OFFER) for phone in PHONES] == [Crowd(7).reply(phone, OFFER) for phone in PHONES]


def test_shares_are_near_what_was_meant() -> None:
    assert abs(shares(OFFER)["YES"] - 0.30) < 0.05
    assert abs(shares(REMINDER)["CANCEL"] - 0.09) < 0.03


def test_it_is_silent_to_anything_else() -> None:
    assert (
        Crowd(7).reply(PHONES[0], "Sam: your appointment on Tue 8 Dec is cancelled. Reply YES within an hour.") is None
    )


def test_it_may_answer_in_peoples_own_words() -> None:
    crowd = Crowd(7, {"appointment": ["cant make it soz", "c u then"]})
    said = [reply.text if reply else "" for reply in (crowd.reply(phone, REMINDER) for phone in PHONES)]
    assert set(said) == {"", "cant make it soz", "c u then"}
    assert abs(said.count("") / len(said) - 0.3) < 0.05
    assert crowd.reply(PHONES[0], OFFER) is None
