"""Structured logs that never hold a name, a number or a message's text.

Events are constant sentences with keys and counts. The scrubber is the second guard: it replaces anything that looks like
a telephone or an NHS number, and drops the messages of database errors, which can carry values (stack-spike.md 2.3).
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_NUMBER = re.compile(r"\+?\d[\d ()-]{7,}\d")
_ALLOWED = {"timestamp", "level", "logger"}


def scrub(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace long runs of digits in every value but the timestamp."""
    for key, value in event.items():
        if key not in _ALLOWED and isinstance(value, str):
            event[key] = _NUMBER.sub("[number]", value)
    return event


def drop_exception_text(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep the class of an error and where it was raised, never its text."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
    elif isinstance(error, tuple) and error[0] is not None:
        event["error"] = error[0].__name__
        frame = error[2]
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        if frame is not None:
            event["raised_in"] = f"{frame.tb_frame.f_code.co_filename.rsplit('/onedoor/', 1)[-1]}:{frame.tb_lineno}"
    return event


_PROCESSORS: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    drop_exception_text,
    scrub,
]


class _Plain(logging.Filter):
    """Django's own request log names the address asked for; a reference in it is public, a query is not kept."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Cut query strings from whatever a library logs."""
        if isinstance(record.msg, str):  # structlog's own events are dictionaries of our own sentences
            record.msg, record.args = re.sub(r"\?\S*", "", record.getMessage()), None
        return True


def configure() -> None:
    """Set up logging of this process; called once by the settings."""
    handler = logging.StreamHandler()
    handler.addFilter(_Plain())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_PROCESSORS,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("uvicorn.access").disabled = True
    structlog.configure(
        processors=[*_PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
