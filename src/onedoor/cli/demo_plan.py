"""What the demonstration's care system plans: from the menu, with owners, one thing late, and a forum that met."""

from __future__ import annotations

from datetime import timedelta

_ANALYST = "demo-ics_analyst"
_OWNERS = {"drop-in-clinics": "Head of community services", "quick-gathering": "Practice managers’ lead"}
_PROPOSED = "staff-training"


def load_plan() -> None:
    """By the analyst who signs in there, as pages would write it. Nothing where there is no such person."""
    from onedoor.accounts import api as accounts
    from onedoor.kernel import clock
    from onedoor.reporting import api as reporting
    from onedoor.reporting.improvement import measuring

    user = accounts.User.objects.filter(username=_ANALYST).first()
    if user is None:
        return
    access, today = accounts.access_of(user), clock.today()
    (system,) = access.organisations
    made = {}
    for key, owner in _OWNERS.items():
        one = made[key] = reporting.take_from_menu(access=access, organisation_id=system, key=key)
        typed = {
            name: str(getattr(one, name) or "")
            for name in ("title", "text", "area", "level", "window", "ease", "impact")
        }
        typed |= {"owner": owner, "starts_on": (today - timedelta(days=42)).isoformat(), "rating": "low"}
        typed |= {"measure": next(iter(measuring.MEASURES)), "expected": "6", "expected_low": "3", "expected_high": "9"}
        reporting.change_initiative(
            access=access, ref=one.ref, version=one.version, typed=typed, measures=measuring.MEASURES
        )
        for state in ("agreed", "under_way"):
            reporting.move_initiative(access=access, ref=one.ref, to=state)
    reporting.take_from_menu(access=access, organisation_id=system, key=_PROPOSED)
    clinics, gathering = (made[key].ref for key in _OWNERS)
    reporting.add_milestone(
        access=access, ref=clinics, title="A room agreed with the trust", due_on=today - timedelta(days=12)
    )
    reporting.add_milestone(access=access, ref=clinics, title="First clinic held", due_on=today + timedelta(days=30))
    reporting.add_milestone(
        access=access, ref=gathering, title="Reception has been shown how", due_on=today + timedelta(days=9)
    )
    reporting.note_initiative(
        access=access, ref=clinics, text="The trust offers Thursdays. It has not said which room."
    )
    meeting = reporting.call_forum(access=access, organisation_id=system, on=today - timedelta(days=5))
    reporting.decide_at_forum(
        access=access,
        meeting=meeting.ref,
        text="Settle the room with the trust’s estates team",
        owner=_OWNERS["drop-in-clinics"],
        due_on=today - timedelta(days=1),
        initiative=clinics,
    )
    reporting.finish_minutes(access=access, meeting=meeting.ref)
    reporting.call_forum(access=access, organisation_id=system, on=today + timedelta(days=23))
