"""The door of booking."""

from onedoor.booking.actions.booking import (
    arrive,
    book,
    book_any,
    cancel,
    come_back,
    confirm,
    did_not_attend,
    fulfil,
    hold,
    move,
)
from onedoor.booking.actions.diary import decide_import, settle_conflict, take_diary
from onedoor.booking.actions.outside import confirm_request, refuse_request
from onedoor.booking.actions.setting import block_seat, open_session, set_type
from onedoor.booking.errors import (
    BookingError,
    Full,
    MayNotCancelByMachine,
    NotYours,
    PatientBusy,
    SeatTaken,
    TooEarly,
    TooLate,
)
from onedoor.booking.models import Appointment, AppointmentType, DiaryImport, Seat
from onedoor.booking.queries.diary import (
    appointments_of,
    by_ref,
    day_counts,
    day_diary,
    free_places,
    seat_by_ref,
    types_of,
    upcoming_of,
)

__all__ = [
    "Appointment",
    "AppointmentType",
    "BookingError",
    "DiaryImport",
    "Full",
    "MayNotCancelByMachine",
    "NotYours",
    "PatientBusy",
    "Seat",
    "SeatTaken",
    "TooEarly",
    "TooLate",
    "appointments_of",
    "arrive",
    "block_seat",
    "book",
    "book_any",
    "by_ref",
    "cancel",
    "come_back",
    "confirm",
    "confirm_request",
    "day_counts",
    "day_diary",
    "decide_import",
    "did_not_attend",
    "free_places",
    "fulfil",
    "hold",
    "move",
    "open_session",
    "refuse_request",
    "seat_by_ref",
    "set_type",
    "settle_conflict",
    "take_diary",
    "types_of",
    "upcoming_of",
]
