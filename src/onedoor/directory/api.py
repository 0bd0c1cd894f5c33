"""The door of the directory."""

from onedoor.directory.actions import take_services
from onedoor.directory.files import FaultyFile, read_services
from onedoor.directory.models import Service, Stream
from onedoor.directory.queries import providers, service_by_slug, services_of_streams
from onedoor.directory.types import Brought

__all__ = [
    "Brought",
    "FaultyFile",
    "Service",
    "Stream",
    "providers",
    "read_services",
    "service_by_slug",
    "services_of_streams",
    "take_services",
]
