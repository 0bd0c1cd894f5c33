"""Notify's error answers: {status_code, errors: [{error, message}]} (messaging.md 1.1, Errors)."""

from __future__ import annotations

from typing import Any


class NotifyError(Exception):
    """An answer other than success: its HTTP status, its type and its sentence (clients must key on the first two)."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message

    def document(self) -> dict[str, Any]:
        return {"status_code": self.status, "errors": [{"error": self.error, "message": self.message}]}


def bad_request(message: str) -> NotifyError:
    return NotifyError(400, "BadRequestError", message)


def invalid(message: str) -> NotifyError:
    return NotifyError(400, "ValidationError", message)


def not_found() -> NotifyError:
    return NotifyError(404, "NoResultFound", "No result found")


def rate_limited(key_type: str, per_minute: int) -> NotifyError:
    # notifications-api app/v2/errors.py: RateLimitError names key type, limit and interval
    return NotifyError(
        429,
        "RateLimitError",
        f"Exceeded rate limit for key type {key_type.upper()} of {per_minute} requests per 60 seconds",
    )


def day_limited(per_day: int) -> NotifyError:
    return NotifyError(429, "TooManyRequestsError", f"Exceeded send limits (sms: {per_day}) for today")
