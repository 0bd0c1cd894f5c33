"""Two years of what reports count beside checks: visits, texts and answers, released places, invitations, referrals, calls.

Laid down by statements, in the states that the actions leave behind; a thousand visits a month at each practice with a reminder
each, and 5,000 referrals a month to one service, as seed 002 counts them. How many come, answer and wait is invented.
"""

from __future__ import annotations

from datetime import date
from typing import Any

VISITS = 1_000
"""A month, of each practice."""
REFERRALS = 5_000
"""A month, of the whole locality at 70 practices; fewer with fewer."""
SYSTEM_ACTOR = "'system', NULL, 'benchmark', ''"


def lay_down(first: date, months: int, practices: int) -> None:
    """From the month of `first` on. The people, organisations and registrations are there."""
    from django.db import connection

    values: dict[str, Any] = {
        "first": first,
        "months": months,
        "visits": VISITS,
        "referrals": REFERRALS * practices // 70 or 1,
    }
    _service()
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.2)")
        cursor.execute("SET synchronous_commit = off")
        for statement in (*_VISITS, *_TEXTS, *_RELEASES, *_INVITATIONS, *_REFERRALS):
            cursor.execute(statement, values)
        cursor.execute("RESET synchronous_commit")


def _service() -> None:
    """A service of triage that the whole locality refers to, run by the integrated care system's first practice."""
    from onedoor import factories
    from onedoor.directory import api as directory
    from onedoor.directory.types import ServiceRow

    row = ServiceRow(
        slug="msk",
        name="MSK service",
        summary="Joints.",
        provider_ods="Y80000",
        provider="Practice 0",
        refers=("gp",),
        streams=(("Physiotherapy", "one_to_one"), ("Podiatry", "one_to_one"), ("Spinal", "one_to_one")),
    )
    directory.take_services(rows=[row], by=factories.TEST)


_PRACTICE = "accounts_organisation o WHERE o.ods_code ~ '^Y8[0-9]{4}$'"
_MONTH = "(%(first)s::date + make_interval(months => m))::timestamp AT TIME ZONE 'Europe/London'"

_VISITS = (
    f"INSERT INTO accounts_site (name, organisation_id) SELECT 'Surgery', o.id FROM {_PRACTICE}",
    f"""INSERT INTO booking_appointment_type (name, said_as, reply_may_cancel, may_refill, never_by_machine, confirm_same_day,
            by_telephone, organisation_id)
        SELECT 'Nurse', 'appointment', true, true, false, false, false, o.id FROM {_PRACTICE}""",
    """INSERT INTO booking_session (source, day, clinician, name, organisation_id, site_id)
       SELECT 'own', (%(first)s::date + make_interval(months => m))::date + d, 'Nurse Ada', 'Clinic', s.organisation_id, s.id
       FROM accounts_site s, generate_series(0, %(months)s - 1) m, generate_series(0, 19) d""",
    """INSERT INTO booking_seat (ref, starts_at, minutes, n, state, type_id, session_id)
       SELECT gen_random_uuid(), (s.day + time '08:00') AT TIME ZONE 'Europe/London' + interval '10 minutes' * n, 10, 1, 'closed',
           t.id, s.id
       FROM booking_session s JOIN booking_appointment_type t ON t.organisation_id = s.organisation_id,
           generate_series(0, %(visits)s / 20 - 1) n""",
    # Eighty-six of a hundred came, five did not, eight were cancelled; one nobody marked.
    """INSERT INTO booking_appointment (ref, starts_at, during, state, reason, booked_via, booked_at, organisation_id, patient_id,
           seat_id)
       SELECT gen_random_uuid(), e.starts_at, tstzrange(e.starts_at, e.starts_at + interval '10 minutes'),
           CASE WHEN e.id %% 100 < 86 THEN 'fulfilled' WHEN e.id %% 100 < 91 THEN 'noshow' WHEN e.id %% 100 < 99 THEN 'cancelled'
                ELSE 'booked' END,
           '', 'staff', e.starts_at - interval '14 days', s.organisation_id, p.first + e.id * 7919 %% p.many, e.id
       FROM booking_seat e JOIN booking_session s ON s.id = e.session_id
       JOIN (SELECT organisation_id, min(patient_id) AS first, max(patient_id) - min(patient_id) + 1 AS many
             FROM patients_care_relationship GROUP BY 1) p ON p.organisation_id = s.organisation_id""",
    f"""INSERT INTO booking_appointment_history (from_state, to_state, at, actor_kind, actor_id, actor_label, reason, parent_id)
        SELECT '', 'booked', booked_at, {SYSTEM_ACTOR}, id FROM booking_appointment""",
    f"""INSERT INTO booking_appointment_history (from_state, to_state, at, actor_kind, actor_id, actor_label, reason, parent_id)
        SELECT 'booked', state, CASE WHEN state = 'cancelled' THEN starts_at - interval '2 days' ELSE starts_at END,
            {SYSTEM_ACTOR}, id
        FROM booking_appointment WHERE state <> 'booked'""",
)
_TEXTS = (
    """INSERT INTO messaging_message (ref, intent_key, channel, purpose, lane, number, body, fragments, state, because,
           created_at, not_before, not_after, attempt, lookups, provider_id, pence, accepted_at, contradicted, subject,
           subject_id, organisation_id, patient_id)
       SELECT ref, 'reminder:' || id, 'sms', 'appointment_reminder', 1, '+447' || lpad(patient_id::text, 9, '0'), 'Reminder', 1,
           5, '', starts_at - interval '2 days', starts_at - interval '2 days', starts_at, 1, 0, ref::text, 2.33,
           starts_at - interval '2 days', false, 'appointment', id, organisation_id, patient_id
       FROM booking_appointment""",
    """INSERT INTO messaging_ask (number, context, subject, subject_id, options, state, asked_at, expires_at, organisation_id,
           patient_id, message_id)
       SELECT number, 'appointment', 'appointment', subject_id, '{}', CASE WHEN id %% 5 < 2 THEN 'answered' ELSE 'expired' END,
           created_at, not_after, organisation_id, patient_id, id
       FROM messaging_message""",
    """INSERT INTO messaging_answer (via, intent, value, at, actor_kind, actor_id, actor_label, ask_id)
       SELECT 'sms', 'yes', '', asked_at + interval '20 minutes', 'patient', patient_id, '', id
       FROM messaging_ask WHERE state = 'answered'""",
)
_RELEASES = (
    """INSERT INTO booking_release (ref, released_at, released_real, state, ended_at, cancelled_id, organisation_id, seat_id)
       SELECT gen_random_uuid(), a.starts_at - interval '2 days', a.starts_at - interval '2 days',
           CASE WHEN a.id %% 3 > 0 THEN 'filled' ELSE 'left' END,
           a.starts_at - interval '2 days' + interval '1 minute' * (1 + a.id * 31 %% 700), a.id, a.organisation_id, a.seat_id
       FROM booking_appointment a WHERE a.state = 'cancelled'""",
)
_INVITATIONS = (
    """INSERT INTO recall_invitation (ref, programme, season, state, where_when, via, invited_at, ends_at, changed_at,
           organisation_id, patient_id, because, plan, sensitive, wave)
       SELECT gen_random_uuid(), 'smi', 2026, CASE WHEN id %% 2 = 0 THEN 'done' ELSE 'lapsed' END, '', 'sms',
           created_at, created_at + interval '56 days', created_at + interval '20 days', organisation_id, patient_id, '',
           ARRAY['sms'], true, 1
       FROM messaging_message WHERE id %% 50 = 0""",
    """INSERT INTO recall_invitation_history (from_state, to_state, at, actor_kind, actor_id, actor_label, reason, parent_id)
       SELECT '', 'invited', invited_at, 'system', NULL::bigint, '', '', id FROM recall_invitation
       UNION ALL SELECT 'invited', state, changed_at, 'system', NULL, '', '', id FROM recall_invitation""",
)
_REFERRALS = (
    f"""INSERT INTO referrals_referral (ref, service_id, stream_id, source_ref, nhs_number, source, referrer_ods, priority,
            reason, received_at, triage_due_at, clock_start, inherited_from, came_on, next_action, state, triaged_at, outcome,
            first_offered_on, closed_at, closed_because, discharged_on)
        SELECT gen_random_uuid(), s.id, t.id, m || '-' || n,
            lpad((8000000000 + (m * %(referrals)s + n) * 37 %% (%(referrals)s * 20))::text, 10, '0'),
            (ARRAY['gp', 'gp', 'self', 'other'])[1 + n %% 4], 'Y80001', CASE WHEN n %% 20 = 0 THEN 'urgent' ELSE 'routine' END,
            '', w.at, w.at + interval '48 hours', w.at::date, '', (w.at AT TIME ZONE 'Europe/London')::date, '',
            'TRIAGED_PROVIDER_TO_ACTION', w.at + interval '1 hour' * (n %% 60), 'accept',
            w.at::date + (7 + n * 13 %% 120), CASE WHEN n %% 10 > 2 THEN w.at + interval '150 days' END,
            CASE WHEN n %% 10 > 2 THEN 'discharged' ELSE '' END, CASE WHEN n %% 10 > 2 THEN w.at::date + 150 END
        FROM generate_series(0, %(months)s - 1) m, generate_series(1, %(referrals)s) n
        CROSS JOIN directory_service s
        JOIN (SELECT id, service_id, row_number() OVER (ORDER BY id) - 1 AS k FROM directory_stream) t
            ON t.service_id = s.id AND t.k = n %% 3
        CROSS JOIN LATERAL (SELECT {_MONTH} + interval '1 minute' * (n * 7919 %% 40000) AS at) w WHERE s.slug = 'msk'""",
    f"""INSERT INTO referrals_history (at, actor_kind, actor_id, actor_label, reason, from_state, to_state, closes, recorded_at,
            parent_id)
        SELECT h.at, {SYSTEM_ACTOR}, h.was, h.now, h.closes, h.at, r.id FROM referrals_referral r
        CROSS JOIN LATERAL (VALUES (1, received_at, '', 'AWAITING_TRIAGE', false),
            (2, triaged_at, 'AWAITING_TRIAGE', state, false), (3, closed_at, state, state, true)) h(n, at, was, now, closes)
        WHERE h.at IS NOT NULL ORDER BY r.id, h.n""",
    f"""INSERT INTO calls_call (source_ref, dialled, started_at, queued_at, answered_at, ended_at, ended_by, organisation_id)
        SELECT m || '-' || n, '+441914960000', w.at, w.at + interval '20 seconds',
            CASE WHEN n %% 9 > 0 THEN w.at + interval '1 second' * (30 + n %% 300) END, w.at + interval '8 minutes',
            'caller', s.organisation_id
        FROM directory_service s, generate_series(0, %(months)s - 1) m, generate_series(1, %(referrals)s) n
        CROSS JOIN LATERAL (SELECT {_MONTH} + interval '1 minute' * (n * 7919 %% 40000) AS at) w WHERE s.slug = 'msk'""",
)


def counted() -> dict[str, Any]:
    """Rows laid down."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT (SELECT count(*) FROM booking_appointment), (SELECT count(*) FROM messaging_message),
                      (SELECT count(*) FROM referrals_referral), (SELECT count(*) FROM calls_call)"""
        )
        names = ("appointments", "texts", "referrals", "calls")
        return dict(zip(names, cursor.fetchone(), strict=True))
