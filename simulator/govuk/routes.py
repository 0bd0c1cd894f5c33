"""Notify's HTTP interface: send a text, read messages, received texts and templates (messaging.md 1.1)."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from simulator.govuk import sms
from simulator.govuk.auth import Caller, authenticate
from simulator.govuk.delivery import SMOKE_NUMBERS
from simulator.govuk.errors import NotifyError, bad_request, day_limited, invalid, not_found, rate_limited
from simulator.govuk.faults import Fault
from simulator.govuk.services import Service, Template
from simulator.govuk.store import NewNotification, Row, stamp
from simulator.world import WORLD, World

SMS_STATUSES = frozenset(
    # messaging.md 1.1, Status values
    [
        "created",
        "sending",
        "pending",
        "sent",
        "delivered",
        "permanent-failure",
        "temporary-failure",
        "technical-failure",
    ]
)
MAX_REFERENCE = 1_000  # messaging.md 1.1, Send

routes = web.RouteTableDef()


def answer(document: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(document), status=status, content_type="application/json")


@web.middleware
async def notify_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except NotifyError as error:
        return answer(error.document(), error.status)


def _caller(request: web.Request) -> Caller:
    return authenticate(request.headers.get("Authorization"), request.app[WORLD].services, time.time())


def _address(request: web.Request, path: str) -> str:
    return f"{request.scheme}://{request.host}{path}"


# Sending


@routes.post("/v2/notifications/sms")
async def send_sms(request: web.Request) -> web.StreamResponse:
    world = request.app[WORLD]
    caller = _caller(request)
    try:
        return await _send_sms(request, world, caller)
    except NotifyError as error:
        world.store.count_refusal(caller.service.service_id, error.status)
        raise


async def _send_sms(request: web.Request, world: World, caller: Caller) -> web.StreamResponse:
    # Order as in notifications-api post_notification: schema, rate, template and content, recipient.
    service, key_type = caller
    service_id = service.service_id
    form = _validated(await request.read())
    if world.limits.rate_exceeded(service_id, key_type, time.monotonic()):
        raise rate_limited(key_type, world.limits.settings.per_minute)
    if world.limits.day_exceeded(service_id, key_type, time.time()):
        raise day_limited(world.limits.settings.per_day)
    template = service.template(form["template_id"])
    if template is None:
        raise bad_request("Template not found")
    body = _rendered(template, form.get("personalisation") or {})
    phone = _recipient(form["phone_number"], service, key_type)
    sender_id = form.get("sms_sender_id")
    if sender_id:  # invented: the fake's services have one sender and no ids for it
        raise bad_request(f"sms_sender_id {sender_id} does not exist in database for service id {service_id}")

    fault = world.faults.take("post", service_id, phone)
    if fault is not None:
        if fault.mode == "drop":
            return _drop(request)
        _refuse(world, caller, fault)
    if phone in SMOKE_NUMBERS and key_type == "test":
        # messaging.md 1.1, Test fixtures: a valid 201, nothing stored, no receipt.
        # Only for test keys: a live key in a demonstration owns those numbers' phones like any other.
        return answer(_sent(request, service, template, body, str(uuid.uuid4()), form.get("reference")), 201)

    row = world.store.accept(
        NewNotification(
            service_id=service_id,
            key_type=key_type,
            reference=form.get("reference"),
            phone=phone,
            phone_given=form["phone_number"],
            body=body,
            template_id=template.id,
            template_version=template.version,
            outcome=world.network.outcome(service_id, key_type, phone),
            fragments=sms.fragments(body),
            deliver_real=world.network.due_at(),
        )
    )
    world.limits.count_accepted(service_id, key_type, time.time())
    if fault is not None and fault.mode == "receipt_early":
        await world.network.carry_at_once(world.session, row)
    else:
        world.network.carry(row)
    if fault is not None and fault.mode == "accept_then_drop":
        return _drop(request)
    if fault is not None and fault.mode == "accept_after":
        await asyncio.sleep(fault.seconds)
    return answer(_sent(request, service, template, body, row["id"], row["reference"]), 201)


def _refuse(world: World, caller: Caller, fault: Fault) -> None:
    """The faults that answer with an error and leave nothing behind."""
    match fault.mode:
        case "refuse_400":
            raise bad_request("Can't send to this recipient when service is in trial mode")
        case "refuse_429":
            raise rate_limited(caller.key_type, world.limits.settings.per_minute)
        case "error_500":
            raise NotifyError(500, "Exception", "Internal server error")
        case "refuse_503":
            # invented: the body of a real 503 comes from the platform's front, not from Notify
            raise NotifyError(503, "ServiceUnavailable", "Service unavailable")


def _drop(request: web.Request) -> web.Response:
    """Close the connection; the response returned to the framework has nowhere left to go."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _validated(body: bytes) -> dict[str, Any]:
    """The request's JSON by Notify's schema (notifications-api: notification_schemas.py post_sms_request)."""
    try:
        form = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise bad_request("Invalid JSON supplied in POST data") from None
    if not isinstance(form, dict):
        raise invalid("The request is not of type object")
    for name in ("phone_number", "template_id"):
        if form.get(name) is None:
            raise invalid(f"{name} is a required property")
        if not isinstance(form[name], str):
            raise invalid(f"{name} {form[name]} is not of type string")
    unknown = sorted(set(form) - {"phone_number", "template_id", "personalisation", "reference", "sms_sender_id"})
    if unknown:
        raise invalid(f"Additional properties are not allowed ({', '.join(unknown)} was unexpected)")
    try:
        form["template_id"] = str(uuid.UUID(form["template_id"]))
    except ValueError:
        raise invalid("template_id is not a valid UUID") from None
    reference = form.get("reference")
    if reference is not None and not isinstance(reference, str):
        raise invalid(f"reference {reference} is not of type string")
    if reference is not None and len(reference) > MAX_REFERENCE:
        raise invalid("reference is too long")
    if not isinstance(form.get("personalisation") or {}, dict):
        raise invalid("personalisation is not of type object")
    return form


def _recipient(number: str, service: Service, key_type: str) -> str:
    try:
        phone = sms.international(number)
    except sms.BadNumber as error:
        raise invalid(f"phone_number {error}") from None
    if key_type == "team" and phone not in {sms.international(guest) for guest in service.guest_list}:
        raise bad_request("Can't send to this recipient using a team-only API key")
    return phone


def _rendered(template: Template, personalisation: dict[str, Any]) -> str:
    """The text that goes out: placeholders filled, unsupported characters downgraded, length checked."""
    missing = [name for name in _placeholders(template) if personalisation.get(name) is None]
    if missing:
        raise bad_request(f"Missing personalisation: {', '.join(missing)}")
    body = sms.downgrade(re.sub(r"\(\((.+?)\)\)", lambda match: str(personalisation[match[1]]), template.body))
    if not body.strip():
        raise bad_request("Your message is empty.")
    if len(body) > sms.MAX_CHARACTERS:
        raise bad_request(
            f"Text messages cannot be longer than {sms.MAX_CHARACTERS} characters. Your message is {len(body)} characters"
        )
    return body


def _placeholders(template: Template) -> list[str]:
    return list(dict.fromkeys(re.findall(r"\(\((.+?)\)\)", template.body)))


def _template_reference(request: web.Request, service: Service, template_id: str, version: int) -> dict[str, Any]:
    path = f"/services/{service.service_id}/templates/{template_id}"
    return {"id": template_id, "version": version, "uri": _address(request, path)}


def _sent(
    request: web.Request, service: Service, template: Template, body: str, notification_id: str, reference: str | None
) -> dict[str, Any]:
    """The 201 body's exact fields (messaging.md 1.1, Send)."""
    return {
        "id": notification_id,
        "reference": reference,
        "content": {"body": body, "from_number": service.sender},
        "uri": _address(request, f"/v2/notifications/{notification_id}"),
        "template": _template_reference(request, service, template.id, template.version),
    }


# Reading


def _serialised(request: web.Request, service: Service, row: Row) -> dict[str, Any]:
    """One message as the GET routes tell it, cost fields included (messaging.md 1.1, Read)."""
    ready = row["completed_at"] is not None
    # permanent and temporary failures are charged, technical ones are not (messaging.md 1.1, Status values)
    charged = row["key_type"] != "test" and row["status"] != "technical-failure"
    fragments = row["fragments"] if charged else 0
    price = sms.rate(dt.date.fromisoformat(row["day"]))
    absent = (
        "email_address",
        "line_1",
        "line_2",
        "line_3",
        "line_4",
        "line_5",
        "line_6",
        "line_7",
        "postcode",
        "postage",
    )
    return {
        "id": row["id"],
        "reference": row["reference"],
        "phone_number": row["phone_given"],
        **dict.fromkeys(absent),
        "type": "sms",
        "status": row["status"],
        "template": _template_reference(request, service, row["template_id"], row["template_version"]),
        "body": row["body"],
        "subject": None,
        "created_at": row["created_at"],
        "created_by_name": None,
        "sent_at": row["sent_at"],
        "completed_at": row["completed_at"],
        "scheduled_for": None,
        "one_click_unsubscribe": None,
        "is_cost_data_ready": ready,
        "cost_in_pounds": round(fragments * price, 4) if ready else None,
        "cost_details": (
            {"billable_sms_fragments": fragments, "international_rate_multiplier": 1.0, "sms_rate": price}
            if ready
            else {}
        ),
    }


@routes.get("/v2/notifications/{notification_id}")
async def read_notification(request: web.Request) -> web.Response:
    service = _caller(request).service
    row = request.app[WORLD].store.notification(service.service_id, request.match_info["notification_id"])
    if row is None:
        raise not_found()
    return answer(_serialised(request, service, row))


@routes.get("/v2/notifications")
async def list_notifications(request: web.Request) -> web.Response:
    service, key_type = _caller(request)
    query = request.query
    statuses = query.getall("status", [])
    if "failed" in statuses:  # notifications-tech-docs: "failed" stands for the three failures
        statuses = [*statuses, "permanent-failure", "temporary-failure", "technical-failure"]
    unknown = sorted(set(statuses) - SMS_STATUSES - {"failed"})
    if unknown:
        raise invalid(f"status {unknown[0]} is not one of [{', '.join(sorted(SMS_STATUSES))}]")
    kind = query.get("template_type", "sms")
    if kind not in ("sms", "email", "letter"):
        raise invalid(f"template_type {kind} is not one of [sms, email, letter]")
    rows = (
        request.app[WORLD].store.notifications(
            service.service_id,
            key_type,
            statuses=statuses,
            reference=query.get("reference"),
            older_than=_uuid(query.get("older_than")),
        )
        if kind == "sms"
        else []
    )
    return answer(
        {
            "notifications": [_serialised(request, service, row) for row in rows],
            "links": _links(request, rows[-1]["id"] if rows else None),
        }
    )


def _uuid(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return str(uuid.UUID(value))
    except ValueError:
        raise invalid("older_than is not a valid UUID") from None


def _links(request: web.Request, last_id: str | None) -> dict[str, str]:
    """``current``, and ``next`` for as long as the page holds anything (notifications-api: get_notifications.py)."""
    current = str(request.url)
    return (
        {"current": current}
        if last_id is None
        else {
            "current": current,
            "next": str(request.url.update_query(older_than=last_id)),
        }
    )


@routes.get("/v2/received-text-messages")
async def list_received(request: web.Request) -> web.Response:
    service = _caller(request).service
    rows = request.app[WORLD].store.received(service.service_id, _uuid(request.query.get("older_than")))
    fields = ("id", "user_number", "notify_number", "created_at", "service_id", "content")
    return answer(
        {
            "received_text_messages": [{field: row[field] for field in fields} for row in rows],
            "links": _links(request, rows[-1]["id"] if rows else None),
        }
    )


# Templates


def _described(world: World, template: Template) -> dict[str, Any]:
    return {
        "id": template.id,
        "name": template.name,
        "type": "sms",
        "created_at": stamp(world.started_at),
        "updated_at": None,
        "created_by": "simulator@example.org",  # invented: the fake's templates have no author
        "version": template.version,
        "body": template.body,
        "subject": None,
        "letter_contact_block": None,
        "personalisation": {name: {"required": True} for name in _placeholders(template)},
    }


@routes.get("/v2/templates")
async def list_templates(request: web.Request) -> web.Response:
    service = _caller(request).service
    shown = service.templates if request.query.get("type", "sms") == "sms" else ()
    return answer({"templates": [_described(request.app[WORLD], template) for template in shown]})


@routes.get("/v2/template/{template_id}")
@routes.get("/v2/template/{template_id}/version/{version}")
async def read_template(request: web.Request) -> web.Response:
    template = _caller(request).service.template(request.match_info["template_id"])
    version = request.match_info.get("version")
    if template is None or version not in (None, str(template.version)):
        raise not_found()
    return answer(_described(request.app[WORLD], template))


@routes.post("/v2/template/{template_id}/preview")
async def preview_template(request: web.Request) -> web.Response:
    template = _caller(request).service.template(request.match_info["template_id"])
    if template is None:
        raise not_found()
    try:
        form = orjson.loads(await request.read())
        personalisation = form.get("personalisation") or {}
    except (orjson.JSONDecodeError, AttributeError):
        raise bad_request("Invalid JSON supplied in POST data") from None
    body = _rendered(template, personalisation)
    return answer(
        {
            "id": template.id,
            "type": "sms",
            "version": template.version,
            "body": body,
            "html": None,
            "subject": None,
            "postage": None,
        }
    )
