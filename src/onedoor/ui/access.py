"""Who may open a page. Every view says so with one of the decorators here; a view that says nothing opens to nobody.

A visitor who has not signed in is asked to. Somebody signed in without the right gets 404, as for a page that does not
exist: nothing is revealed (architecture.md 7).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.contrib.auth.models import AnonymousUser
from django.core.handlers.exception import response_for_exception
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from onedoor.accounts.api import SHOWS_SMALL_COUNTS, WORKS_AT, User, access_at, seeing_small_counts
from onedoor.documents import api as documents
from onedoor.kernel.access import Access, NotPermitted, Part, Permission
from onedoor.patients import api as patients
from onedoor.records import api as records

View = Callable[..., HttpResponseBase]

ACTS_FOR = "acts_for"
"""Where the session keeps for whom somebody acts now: the reference of the right, which is looked at anew at each request."""


@dataclass(frozen=True)
class Policy:
    """What a view asks of its visitor."""

    kind: str
    """public, signed in, staff, patient or portal."""
    permissions: tuple[Permission, ...] = ()
    """Any of them will do; none are wanted where none is named."""
    part: Part | None = None
    """Of a patient's page, what a proxy must have been given to open it; None where it is the patient's alone."""


@dataclass(frozen=True)
class Acting:
    """What the portal's frame says of whoever is signed in. `ward` is whom they act for now; `may_choose` whether there is
    somebody to choose."""

    ward: patients.Ward | None
    may_choose: bool


def public(view: View) -> View:
    """Open to everybody, signed in or not."""
    _declare(view, Policy("public"))
    return view


def staff(*permissions: Permission) -> Callable[[View], View]:
    """Open to staff; with permissions, to those whose roles include any of them."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            access = of(request)
            if access is None:
                return _sign_in(request)
            if access.patient_id is not None or not access.permissions:
                raise Http404
            if permissions and not any(access.may(permission) for permission in permissions):
                raise Http404
            return view(request, *args, **kwargs)

        _declare(guarded, Policy("staff", permissions))
        return guarded

    return decorate


def patient(view: View) -> View:
    """Open to a signed-in patient, who sees themselves; to no proxy."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        access = of(request)
        if access is None:
            return _sign_in(request)
        if access.patient_id is None or access.parts is not None:
            raise Http404
        return view(request, *args, **kwargs)

    _declare(guarded, Policy("patient"))
    return guarded


def patient_or_proxy(part: Part, *others: Part) -> Callable[[View], View]:
    """Open to a signed-in patient, and to a proxy who was given `part`, or one of the others; the patient can see that the proxy
    looked."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            access = of(request)
            if access is None:
                return _sign_in(request)
            if access.patient_id is None or not any(access.has(one) for one in (part, *others)):
                raise Http404
            answer = view(request, *args, **kwargs)
            if access.parts is not None and request.method == "GET" and answer.status_code == 200:
                name = request.resolver_match.url_name if request.resolver_match else None
                records.look(access=access, patient_id=access.patient_id, page=(name or "portal")[:40])
            return answer

        _declare(guarded, Policy("patient", part=part))
        return guarded

    return decorate


def portal(view: View) -> View:
    """Open to whoever signs in as a patient or to act for one, whomever they act for now; shows nothing of any patient."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if of(request) is None:
            return _sign_in(request)
        if acting(request) is None:
            raise Http404
        return view(request, *args, **kwargs)

    _declare(guarded, Policy("portal"))
    return guarded


def signed_in(view: View) -> View:
    """Open to staff and to patients alike; the view looks at who it is."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        access = of(request)
        if access is None:
            return _sign_in(request)
        if access.patient_id is None and not access.permissions and acting(request) is None:
            raise Http404
        return view(request, *args, **kwargs)

    _declare(guarded, Policy("signed in"))
    return guarded


def policy_of(view: object) -> Policy | None:
    """The declared policy of a view, None when it declares none."""
    found = getattr(view, "onedoor_policy", None)
    return found if isinstance(found, Policy) else None


def of(request: HttpRequest) -> Access | None:
    """The access of whoever sent the request, None when nobody signed in. Worked out once a request."""
    if not hasattr(request, "_onedoor_access"):
        request._onedoor_access = _work_out(request)  # type: ignore[attr-defined]
    found: Access | None = request._onedoor_access  # type: ignore[attr-defined]
    return found


def granted(request: HttpRequest) -> Access:
    """The access behind a guarded view."""
    access = of(request)
    if access is None:
        raise Http404
    return access


def acting(request: HttpRequest) -> Acting | None:
    """For the frame of the portal; None of visitors and staff, and before anybody asked who it is."""
    found: Acting | None = getattr(request, "_onedoor_acting", None)
    return found


def print_size(request: HttpRequest) -> str:
    """In which size the signed-in patient's pages are set (`documents.Format`): that of their letters; "" where they need none.
    Of a proxy's page too: who acts often reads together with the patient."""
    access: Access | None = getattr(request, "_onedoor_access", None)
    return "" if access is None or access.patient_id is None else print_size_of(access.patient_id)


def print_size_of(patient_id: int) -> str:
    """The same of a patient whom the link of a text has shown."""
    needs = patients.needing([patient_id]).get(patient_id)
    size = documents.wanted(needs.needs).format if needs else "standard"
    return size if size.startswith("large") else ""


def _work_out(request: HttpRequest) -> Access | None:
    user = request.user
    if isinstance(user, AnonymousUser):
        return None
    assert isinstance(user, User)
    as_ = patients.sign_in(user.pk)
    if as_.patient_id is not None or as_.acts_for_others:
        return _in_portal(request, user, as_)
    access = access_at(user, request.session.get(WORKS_AT))
    return seeing_small_counts(access, request.session.get(SHOWS_SMALL_COUNTS))


def _in_portal(request: HttpRequest, user: User, as_: patients.SignIn) -> Access:
    """The patient themselves, or whom they chose to act for while they may; a right that is over opens nothing, nor one's own
    page in its place."""
    chosen = request.session.get(ACTS_FOR) if as_.acts_for_others else None
    ward = patients.ward(user.pk, str(chosen)) if chosen else None
    request._onedoor_acting = Acting(ward, as_.acts_for_others)  # type: ignore[attr-defined]
    if ward is not None:
        return ward.access
    if chosen or as_.patient_id is None:
        return Access.nobody()
    return Access.of_patient(as_.patient_id)


def _declare(view: object, policy: Policy) -> None:
    vars(view)["onedoor_policy"] = policy


def _sign_in(request: HttpRequest) -> HttpResponse:
    return redirect(f"{reverse('signin')}?next={request.path}" if request.method == "GET" else reverse("signin"))


class ClosedByDefault:
    """Middleware: a view without a declared policy answers 404 to everybody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> None:
        """Django calls this once the view is known."""
        if policy_of(view) is None:
            raise Http404

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A query or an action that refuses somebody answers like a page that does not exist."""
        return response_for_exception(request, Http404()) if isinstance(exception, NotPermitted) else None
