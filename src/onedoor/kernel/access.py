"""What somebody may see: organisations, roles and a purpose. Nothing granted means nothing found.

Scope is the care relationship (architecture.md 7): patients are visible through relationships with the organisations
of an Access, never through a column of theirs. `Access.system` sees all; it is made only in jobs and handlers, and
`tests/architecture/test_system_access.py` lists every use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from onedoor.kernel.actor import Actor


class Role(StrEnum):
    """Roles a person holds at an organisation; what each may do is `PERMISSIONS`."""

    RECEPTIONIST = "receptionist"
    PRACTICE_MANAGER = "practice_manager"
    ADMINISTRATOR = "administrator"
    TRIAGE_CLINICIAN = "triage_clinician"
    CALL_HANDLER = "call_handler"
    HEALTH_CARE_ASSISTANT = "health_care_assistant"
    SOCIAL_PRESCRIBER = "social_prescriber"
    """Somebody of a partner, such as a voluntary group, who reaches people whom letters and texts did not."""
    ICS_ANALYST = "ics_analyst"
    """Somebody at an integrated care system, who sees the figures of every practice below it and no patient."""
    INFORMATION_ASSET_OWNER = "information_asset_owner"
    """Who answers for how a body of information is used and who has it: of figures, whoever may look at small counts."""


class Permission(StrEnum):
    """What a page or an action asks for."""

    DIARY = "diary"
    MESSAGES = "messages"
    TASKS = "tasks"
    PATIENTS = "patients"
    IMPORT = "import"
    COUNTERS = "counters"
    SETTINGS = "settings"
    SWITCHES = "switches"
    AUDIT = "audit"
    ACCURACY = "accuracy"
    PHRASES = "phrases"
    REFER = "refer"
    """Send somebody to a service, and see what became of one's own organisation's referrals."""
    REFERRALS = "referrals"
    """See and decide what was sent to the services of one's organisation."""
    CALLS = "calls"
    """Answer the telephone: see one patient at a time, while they are on the line and have said who they are."""
    CHECKS = "checks"
    """See and fill check forms, and the list of those who are near the end of theirs."""
    RECALL = "recall"
    """Run the practice's invitations: programmes, how many a week, preview, and what is shared with partners."""
    SHARING = "sharing"
    """Say for one's organisation which others read what it writes about patients they share, and review who broke the glass."""
    DOCUMENTS = "documents"
    """Match and code the documents that came for one's organisation: what is accepted is on the record."""
    BREAK_GLASS = "break_glass"
    """Open the record of somebody who is not in one's organisation's care, with a reason and told of: who gives care."""
    REPORTS = "reports"
    """See dashboards and reports: the figures of one's organisation and of those below it, small ones hidden, no patient."""
    SMALL_COUNTS = "small_counts"
    """Choose to see small counts as they are, for an hour and a reason (clinical.md 5.3); whoever has not chosen does not see
    them."""
    PLAN = "plan"
    """Write the plan, the targets and what the forum decides, of one's organisation and of those below it."""
    CLOSE_MONTHS = "close_months"
    """Close a month for the whole locality, and build it again."""
    PACKS = "packs"
    """Make the packs of one's organisation and of those below it, and say which are made by themselves."""
    PARTNER = "partner"
    """Open the lists that a practice shared with one's own organisation, for as long as it agreed to; no patient besides."""


class Part(StrEnum):
    """What of a patient's own pages a proxy may have. Each is given by itself; what is not named is never theirs."""

    CARE = "care"
    """See appointments, and where referrals are."""
    CHANGES = "changes"
    """Say that they come, cancel, change and choose appointments."""
    LETTERS = "letters"
    MESSAGES = "messages"
    """Texts between the patient and those who care for them."""
    PRIVATE = "private"
    """Of the others also what `sensitive` holds to be private."""


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.RECEPTIONIST: frozenset(
        {
            Permission.DIARY,
            Permission.MESSAGES,
            Permission.TASKS,
            Permission.PATIENTS,
            Permission.COUNTERS,
            Permission.ACCURACY,
            Permission.REFER,
            Permission.DOCUMENTS,
        }
    ),
    Role.PRACTICE_MANAGER: frozenset(
        {
            Permission.DIARY,
            Permission.MESSAGES,
            Permission.TASKS,
            Permission.PATIENTS,
            Permission.COUNTERS,
            Permission.ACCURACY,
            Permission.REFER,
            Permission.DOCUMENTS,
            Permission.PHRASES,
            Permission.IMPORT,
            Permission.SETTINGS,
            Permission.SWITCHES,
            Permission.CHECKS,
            Permission.RECALL,
            Permission.SHARING,
            Permission.REPORTS,
            Permission.PLAN,
            Permission.PACKS,
        }
    ),
    # Who does the checks has a clinic of their own to run, refers what they find, and writes to nobody.
    Role.HEALTH_CARE_ASSISTANT: frozenset(
        {
            Permission.CHECKS,
            Permission.DIARY,
            Permission.TASKS,
            Permission.PATIENTS,
            Permission.REFER,
            Permission.BREAK_GLASS,
        }
    ),
    Role.TRIAGE_CLINICIAN: frozenset({Permission.TASKS, Permission.REFERRALS, Permission.BREAK_GLASS}),
    # Nobody's patient: a name and a telephone number on a list, while it lasts.
    Role.SOCIAL_PRESCRIBER: frozenset({Permission.PARTNER}),
    # Figures by themselves: whoever compares practices cares for nobody at them.
    Role.ICS_ANALYST: frozenset({Permission.REPORTS, Permission.PLAN, Permission.CLOSE_MONTHS, Permission.PACKS}),
    # Whoever decides about small counts writes no plan by it; an analyst who owns the figures too holds both roles.
    Role.INFORMATION_ASSET_OWNER: frozenset({Permission.REPORTS, Permission.SMALL_COUNTS}),
    # No list of patients and no task that names one: a handler sees who rings, for as long as a view lasts.
    Role.CALL_HANDLER: frozenset({Permission.CALLS}),
    # The administrator runs the system and sees no patient: running is not caring.
    Role.ADMINISTRATOR: frozenset({Permission.SETTINGS, Permission.SWITCHES, Permission.AUDIT, Permission.ACCURACY}),
}


class NotPermitted(Exception):
    """The actor's roles do not include what was asked. Pages answer 404, so that nothing is revealed."""


@dataclass(frozen=True)
class Access:
    """Who may see what, for which purpose. `everything` is only ever true for the system."""

    actor: Actor
    organisation_ids: frozenset[int] = frozenset()
    permissions: frozenset[Permission] = frozenset()
    purpose: str = "direct care"
    everything: bool = False
    patient_id: int | None = field(default=None)
    """Set for a patient's own access: they see themselves and nothing else. A proxy's is that of the patient they act for."""
    opened: int | None = None
    """The patient whom somebody opened by break-glass: this access sees them, all of their record, and nobody else."""
    small_counts: int | None = None
    """By which choice to see small counts as they are (`accounts.SmallCounts`) this access sees them now; None for everybody
    else."""
    parts: frozenset[Part] | None = None
    """For a proxy, what they may have of it; None for everybody else."""

    @staticmethod
    def system(purpose: str) -> Access:
        """All of it, for the named purpose of a job or handler."""
        return Access(actor=Actor.system(purpose), purpose=purpose, everything=True, permissions=frozenset(Permission))

    @staticmethod
    def of_patient(patient_id: int) -> Access:
        """A patient's access to their own record."""
        return Access(actor=Actor.patient(patient_id), patient_id=patient_id, purpose="own record")

    @staticmethod
    def of_proxy(actor: Actor, patient_id: int, parts: frozenset[Part]) -> Access:
        """Somebody's access to parts of the record of a patient for whom they act."""
        return Access(actor=actor, patient_id=patient_id, parts=parts, purpose="acting for the patient")

    @staticmethod
    def nobody() -> Access:
        """A stranger."""
        return Access(actor=Actor(kind="user", id=None, label="nobody"))

    def may(self, permission: Permission) -> bool:
        """Whether the roles behind this access include `permission`."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise NotPermitted unless `may(permission)`."""
        if not self.may(permission):
            raise NotPermitted(permission)

    @property
    def sees_small_counts(self) -> bool:
        """Whether small counts are shown as they are to whoever this is; what is made for others asks with fewer permissions."""
        return self.small_counts is not None and self.may(Permission.SMALL_COUNTS)

    def has(self, part: Part) -> bool:
        """Whether this part is within the access; a proxy's is not unless it was given."""
        return self.parts is None or part in self.parts

    @property
    def organisations(self) -> list[int]:
        """Organisation keys as a list, for `= ANY(%s)`."""
        return sorted(self.organisation_ids)


def acts_for(by: Actor, organisation_id: int) -> bool:
    """Whether this is the system, or staff acting for the organisation. Pages ask for permissions, actions for this too."""
    return by.kind == "system" or (by.kind == "user" and by.id is not None and by.organisation_id == organisation_id)


def require_staff(by: Actor, organisation_id: int) -> None:
    """Raise NotPermitted unless `acts_for`: no patient, nobody of another organisation."""
    if not acts_for(by, organisation_id):
        raise NotPermitted(organisation_id)
