"""How many leave a numerator by themselves within days to come, because something they had done is too old by then."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db import connection

from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.recall.versions import rule_sets_in_force


def lapsing(access: Access, key: str, organisation_ids: Collection[int], *, after: date, until: date) -> dict[int, int]:
    """By organisation, how many of those who have everything done under the rule set `key` will no longer, from the day after
    `after` until `until`, unless it is done again. Organisations of whose people no standing is known are absent.

    Raises NotPermitted without Permission.REPORTS, or for an organisation outside of the access.
    """
    access.require(Permission.REPORTS)
    if not access.everything and not set(organisation_ids) <= access.organisation_ids:
        raise NotPermitted(Permission.REPORTS)
    rule_set = rule_sets_in_force(after).get(key)
    if rule_set is None or not organisation_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT organisation_id,
                   count(*) FILTER (WHERE in_numerator AND expires_on > %(after)s AND expires_on <= %(until)s)
            FROM recall_standing
            WHERE rule_set_id = %(rule_set)s AND organisation_id = ANY(%(keys)s)
            GROUP BY organisation_id
            """,
            {"rule_set": rule_set.pk, "keys": list(organisation_ids), "after": after, "until": until},
        )
        return dict(cursor.fetchall())
