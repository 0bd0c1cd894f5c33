"""The door of accounts."""

from onedoor.accounts.actions import (
    NUMBER_UNKNOWN,
    NotANumber,
    choose_password,
    grant_role,
    new_sign_in,
    set_organisation,
    set_site,
    set_telephone,
    set_user,
)
from onedoor.accounts.models import Organisation, Site, User
from onedoor.accounts.queries import (
    access_of,
    any_organisation,
    colleagues,
    organisation,
    organisation_by_ods,
    organisations,
    require_runs_all,
    sender,
    staffed,
    telephone,
    workplaces,
)

__all__ = [
    "NUMBER_UNKNOWN",
    "NotANumber",
    "Organisation",
    "Site",
    "User",
    "access_of",
    "any_organisation",
    "choose_password",
    "colleagues",
    "grant_role",
    "new_sign_in",
    "organisation",
    "organisation_by_ods",
    "organisations",
    "require_runs_all",
    "sender",
    "set_organisation",
    "set_site",
    "set_telephone",
    "set_user",
    "staffed",
    "telephone",
    "workplaces",
]
