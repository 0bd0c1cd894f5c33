"""Addresses of the staff pages."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter

from onedoor.staff.addresses import DayConverter, MarkConverter
from onedoor.staff.views import counters, diary, home, imports, inbox, offers, patients, settings, signin, tasks

register_converter(DayConverter, "day")
register_converter(MarkConverter, "mark")

urlpatterns: list[URLPattern] = [
    path("signin/", signin.signin, name="signin"),
    path("signin/demo/<slug:role>/", signin.demo_signin, name="demo_signin"),
    path("work-at/", signin.work_at, name="work_at"),
    path("signout/", signin.signout, name="signout"),
    path("favicon.ico", signin.favicon),
    path("", home.home, name="home"),
    path("state/", home.state, name="health"),
    path("tasks/", tasks.worklist, name="tasks"),
    path("tasks/download/", tasks.download, name="tasks_download"),
    path("tasks/<uuid:ref>/", tasks.task, name="task"),
    path("tasks/<uuid:ref>/claim/", tasks.claim, name="task_claim"),
    path("tasks/<uuid:ref>/give-back/", tasks.give_back, name="task_give_back"),
    path("tasks/<uuid:ref>/complete/", tasks.complete, name="task_complete"),
    path("diary/", diary.diary, name="diary"),
    path("diary/<day:day>/", diary.diary, name="diary_day"),
    path("diary/<day:day>/<uuid:ref>/", diary.place, name="place"),
    path("diary/<day:day>/<uuid:ref>/book/", diary.book, name="place_book"),
    path("diary/<day:day>/<uuid:ref>/cancel/", diary.cancel, name="place_cancel"),
    path("diary/<day:day>/<uuid:ref>/move/", diary.move_to, name="place_move_to"),
    path("diary/<day:day>/<uuid:ref>/move/to/", diary.move, name="place_move"),
    path("diary/<day:day>/<uuid:ref>/earlier/", diary.wants_earlier, name="place_earlier"),
    path("diary/<day:day>/<uuid:ref>/<mark:what>/", diary.mark, name="place_mark"),
    path("diary/<day:day>/<uuid:ref>/unmark/", diary.unmark, name="place_unmark"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/download/", inbox.download, name="inbox_download"),
    path("inbox/sent/", inbox.sent, name="sent"),
    path("inbox/<uuid:ref>/", inbox.thread, name="thread"),
    path("inbox/<uuid:ref>/reply/", inbox.reply, name="thread_reply"),
    path("inbox/<uuid:ref>/settle/", inbox.settle, name="thread_settle"),
    path("inbox/<uuid:ref>/assign/", inbox.assign, name="thread_assign"),
    path("inbox/<uuid:ref>/answer/", inbox.answer, name="thread_answer"),
    path("offers/", offers.offers, name="offers"),
    path("offers/<day:day>/", offers.offers, name="offers_day"),
    path("offers/<day:day>/download/", offers.download, name="offers_download"),
    path("offers/switch/", offers.switch, name="offers_switch"),
    path("offers/<uuid:ref>/stop/", offers.stop, name="offer_stop"),
    path("offers/<uuid:ref>/<slug:answer>/", offers.answer, name="offer_answer"),
    path("waiting/download/", offers.waiting_download, name="waiting_download"),
    path("waiting/join/", offers.join, name="waiting_join"),
    path("waiting/<uuid:ref>/leave/", offers.leave, name="waiting_leave"),
    path("patients/", patients.search, name="patients"),
    path("patients/<uuid:ref>/", patients.patient, name="patient"),
    path("imports/", imports.imports, name="imports"),
    path("imports/<uuid:ref>/", imports.file, name="import_file"),
    path("imports/<uuid:ref>/apply/", imports.apply, name="import_apply"),
    path("imports/<uuid:ref>/rejects.csv", imports.rejects, name="import_rejects"),
    path("counters/", counters.counters, name="counters"),
    path("counters/<day:day>/", counters.counters, name="counters_day"),
    path("counters/<day:day>/download/", counters.download, name="counters_download"),
    path("settings/", settings.settings, name="settings"),
    path("settings/telephone/", settings.telephone, name="telephone"),
    path("settings/offers/", settings.policy, name="offer_policy"),
    path("settings/types/<int:key>/", settings.appointment_type, name="appointment_type"),
    path("settings/sending/<slug:whom>/<slug:way>/", settings.sending, name="sending"),
]
