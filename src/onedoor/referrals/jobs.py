"""What referrals do by themselves."""

from __future__ import annotations

from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.kernel.jobs import sweep
from onedoor.referrals import joining, waits
from onedoor.referrals.actions import choosing, contract, effect, heard_by, letters, standing
from onedoor.referrals.queries.services import services_with_referrals


@sweep("referrals.join_people", every=60.0)
def join_people() -> int:
    """Join a slice of the referrals of whose NHS numbers patient lists have brought the people."""
    return joining.join_people()


@sweep("referrals.see_people", every=60.0)
def see_people() -> int:
    """Services see the people who were sent to them."""
    return joining.see_people(by=Actor.system("referrals: people sent to a service"))


@sweep("referrals.end_care", every=300.0)
def end_care() -> int:
    """Services see people for 90 days after the last of their referrals has ended, and then no longer."""
    return joining.end_care(by=Actor.system("referrals: people whose referrals have ended"))


@sweep("referrals.chase_choices", every=300.0)
def chase_choices() -> int:
    """Tell services of people who have not chosen a time by the day that they were told."""
    return choosing.chase_choices(by=Actor.system("referrals: times not chosen"))


@sweep("referrals.take_effect", every=15.0)
def take_effect() -> int:
    """Decisions of triage whose time to be taken back is over take effect, a slice at a time."""
    return effect.take_effect(by=Actor.system("referrals: decisions take effect"))


@sweep("referrals.left_standing", every=60.0)
def left_standing() -> int:
    """Ask people about what is still booked for referrals that a list has ended."""
    return standing.ask_what_stands(by=Actor.system("referrals: booked for what has ended"))


@sweep("referrals.say_heard_by", every=300.0)
def say_heard_by() -> int:
    """Say by when they will have heard to people who wait, and say it anew where queue or capacity moved it."""
    by = Actor.system("referrals: heard-by dates")
    return sum(heard_by.say_heard_by(service=service, by=by) for service in services_with_referrals())


@sweep("referrals.own_up", every=300.0)
def own_up() -> int:
    """Own up to dates that were said and missed: to the service, and to the patient."""
    return heard_by.own_up(access=Access.system("referrals: missed dates"))


@sweep("referrals.contracts", every=300.0)
def contracts() -> int:
    """Contracts whose day has come stand in the directory."""
    return contract.keep_in_force(by=Actor.system("referrals: contracts in force"))


@sweep("referrals.count_waits", every=900.0)
def count_waits() -> int:
    """Count what people lately waited at each service, for the directory to say."""
    return waits.count_waits()


@sweep("referrals.write_letters", every=15.0)
def write_letters() -> int:
    """Write the letters that are due: what triage decided, welcomes, discharges; and text that they are there."""
    access = Access.system("referrals: letters")
    written = letters.write_triage_letters(access=access) + letters.write_welcomes(access=access)
    written += letters.write_discharges(access=access) + letters.text_links(access=access)
    return written + letters.post_what_no_text_told(access=access)
