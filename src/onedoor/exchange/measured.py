"""Events that reports count by month, as known at a moment: a row for each, in sets.

Columns: organisation_id, patient_id, at, within (in the denominator), counted (in the numerator). Parameters: `starts` and `ends`
of the month, moments, the second exclusive; `known`: what happened later is not in it; and `days` with `worked`, each day about
the month and its number among working days.
"""

from __future__ import annotations

from collections.abc import Mapping

MEASURED: Mapping[str, str] = {
    # Documents of others that were sent to practices which receive here, each by the practice that it was sent to last, from when
    # it was made, which is in the transaction of what it tells. A practice none of whose mailboxes has got anything here is not
    # among them: of it nothing can be known. On record is what was accepted and not taken back; a newer version that took its
    # place does not undo that.
    "documents_within_a_working_day": """
        SELECT y.practice_id AS organisation_id, s.patient_id, s.composed_at AS at,
               coalesce(v.state, '') = 'accepted'
                   OR NOT (coalesce(v.state, '') IN ('left', 'not_ours') OR coalesce(o.away, false)
                           OR EXISTS (SELECT 1 FROM exchange_received_document_history g
                                      WHERE g.parent_id = d.id AND g.to_state = 'replaced' AND g.at <= %(known)s)) AS within,
               coalesce(v.state = 'accepted' AND t.n - f.n <= 1, false) AS counted
        FROM exchange_sent_document s
        JOIN LATERAL (SELECT w.practice_id FROM exchange_sent_try w WHERE w.document_id = s.id AND w.made_at <= %(known)s
                      ORDER BY w.number DESC LIMIT 1) y ON y.practice_id <> s.organisation_id
        JOIN (SELECT DISTINCT b.organisation_id FROM exchange_mailbox b
              WHERE EXISTS (SELECT 1 FROM exchange_mesh_arrival a WHERE a.mailbox_id = b.id AND a.arrived_at <= %(known)s)) p
            ON p.organisation_id = y.practice_id
        LEFT JOIN exchange_received_document d
            ON d.organisation_id = y.practice_id AND d.document_identifier = s.document_identifier::text
        LEFT JOIN LATERAL (SELECT h.to_state AS state, h.at FROM exchange_received_document_history h
                           WHERE h.parent_id = d.id AND h.at <= %(known)s AND h.to_state <> 'replaced'
                           ORDER BY h.at DESC, h.id DESC LIMIT 1) v ON true
        LEFT JOIN LATERAL (SELECT h.to_state IN ('replaced', 'stopped', 'by_hand') AS away
                           FROM exchange_sent_document_history h WHERE h.parent_id = s.id AND h.at <= %(known)s
                           ORDER BY h.at DESC, h.id DESC LIMIT 1) o ON true
        LEFT JOIN unnest(%(days)s::date[], %(worked)s::int[]) AS f(day, n)
            ON f.day = (s.composed_at AT TIME ZONE 'Europe/London')::date
        LEFT JOIN unnest(%(days)s::date[], %(worked)s::int[]) AS t(day, n)
            ON t.day = (v.at AT TIME ZONE 'Europe/London')::date
        WHERE s.composed_at >= %(starts)s AND s.composed_at < %(ends)s AND s.composed_at <= %(known)s""",
}
