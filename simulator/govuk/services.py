"""The services (Notify accounts) that the fake knows: their keys, callbacks, reply number and templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

KeyType = Literal["live", "test", "team"]  # messaging.md 1.1: test, team and guest list, live

PASS_THROUGH = "((message))"  # one template per purpose whose only personalisation is the whole text


@dataclass(frozen=True)
class Template:
    id: str
    name: str
    body: str = PASS_THROUGH
    version: int = 1


@dataclass(frozen=True)
class Service:
    """One account. ``keys`` are (secret, key type) pairs; ``inbound_number`` is in 07 form, empty when replies are impossible."""

    service_id: str
    name: str
    keys: tuple[tuple[str, KeyType], ...]
    callback_url_receipts: str
    callback_url_inbound: str
    callback_token: str
    inbound_number: str
    templates: tuple[Template, ...]
    guest_list: frozenset[str]
    document: Mapping[str, Any]

    @property
    def sender(self) -> str:
        """What the text says it is from: the number that can be replied to, else the name cut to a sender id (messaging.md 2)."""
        return self.inbound_number or self.name[:11]

    def template(self, template_id: str) -> Template | None:
        return next((template for template in self.templates if template.id == template_id), None)

    def api_key(self) -> str:
        """The key as a client is given it: name-<service id>-<secret> (messaging.md 1.1, Auth)."""
        return f"simulator-{self.service_id}-{self.keys[0][0]}"


def _key_type(value: str) -> KeyType:
    for known in get_args(KeyType):
        if value == known:
            return known  # type: ignore[no-any-return]
    raise ValueError(f"key_type must be live, test or team, not {value!r}")


def parse_service(document: Mapping[str, Any]) -> Service:
    """One service from its JSON form. ``more_keys`` [{secret, key_type}] and ``guest_list`` [numbers] are optional.

    Raises KeyError or ValueError when something is missing or malformed.
    """
    first = (document["key_secret"], _key_type(document.get("key_type", "live")))
    more = tuple((key["secret"], _key_type(key["key_type"])) for key in document.get("more_keys", ()))
    return Service(
        service_id=document["service_id"],
        name=document["name"],
        keys=(first, *more),
        callback_url_receipts=document.get("callback_url_receipts") or "",
        callback_url_inbound=document.get("callback_url_inbound") or "",
        callback_token=document.get("callback_token") or "",
        inbound_number=document.get("inbound_number") or "",
        templates=tuple(
            Template(item["id"], item["name"], item.get("body", PASS_THROUGH)) for item in document.get("templates", ())
        ),
        guest_list=frozenset(document.get("guest_list", ())),
        document=dict(document),
    )


class Services:
    """All services by id, replaceable while running."""

    def __init__(self, services: Iterable[Service] = ()) -> None:
        self._by_id: dict[str, Service] = {}
        for service in services:
            self.put(service)

    def put(self, service: Service) -> None:
        self._by_id[service.service_id] = service

    def get(self, service_id: str) -> Service | None:
        return self._by_id.get(service_id)

    def by_inbound_number(self, number: str) -> Service | None:
        return next((service for service in self if number and service.inbound_number == number), None)

    def __iter__(self) -> Iterator[Service]:
        return iter(self._by_id.values())
