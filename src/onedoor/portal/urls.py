"""Addresses of the portal: a patient's own pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from onedoor.portal import (
    acting,
    asking,
    changing,
    choosing,
    courses,
    kiosk,
    letters,
    patient_care,
    questionnaires,
    referring,
    services,
    tracker,
    views,
)

urlpatterns: list[URLPattern] = [
    path("did-you-send-me-this/", views.genuine, name="genuine"),
    path("find-a-service/", services.find, name="find_service"),
    path("find-a-service/<slug:slug>/", services.service, name="find_service_one"),
    path("c/<slug:token>", changing.change, name="change"),
    path("q/<slug:token>", questionnaires.by_link, name="questionnaire"),
    path("tablet/", kiosk.kiosk, name="kiosk"),
    path("tablet/begin/", kiosk.begin, name="kiosk_begin"),
    path("tablet/over/", kiosk.over, name="kiosk_over"),
    path("my/", views.home, name="my_home"),
    path("my/appointments/<uuid:ref>/", views.appointment, name="my_appointment"),
    path("my/appointments/<uuid:ref>/coming/", views.coming, name="my_coming"),
    path("my/appointments/<uuid:ref>/cancel/", views.cancel, name="my_cancel"),
    path("my/appointments/<uuid:ref>/earlier/", views.earlier, name="my_earlier"),
    path("my/courses/<uuid:ref>/", courses.course, name="my_course"),
    path("my/courses/<uuid:ref>/leave/", courses.leave, name="my_course_leave"),
    path("my/offers/<uuid:ref>/<slug:answer>/", views.answer_offer, name="my_offer"),
    path("my/questions/<uuid:ref>/", asking.answer_question, name="my_question"),
    path("my/questionnaires/<uuid:ref>/", questionnaires.mine, name="my_questionnaire"),
    path("my/invitations/<uuid:ref>/", asking.answer_invitation, name="my_invitation"),
    path("r/<slug:token>", tracker.by_link, name="track"),
    path("r/<slug:token>/choose", choosing.by_link, name="choose"),
    path("r/<slug:token>/<uuid:ref>", tracker.letter_by_link, name="track_letter"),
    path("my/referrals/", tracker.tracker, name="my_referrals"),
    path("my/referrals/<uuid:ref>/choose/", choosing.choose, name="my_choose"),
    path("my/refer/<slug:slug>/", referring.refer_myself, name="my_refer"),
    path("my/letters/", letters.letters, name="my_letters"),
    path("my/letters/<uuid:ref>/", letters.letter, name="my_letter"),
    path("my/letters/<uuid:ref>/<slug:style>.pdf", letters.letter_pdf, name="my_letter_pdf"),
    path("my/referrals/ServiceRequest", patient_care.service_requests, name="my_service_requests"),
    path("my/messages/", views.messages_page, name="my_messages"),
    path("my/acting/", acting.choose, name="my_acting"),
    path("my/proxies/", acting.proxies, name="my_proxies"),
    path("my/proxies/<uuid:ref>/end/", acting.end, name="my_proxy_end"),
    path("begin/", acting.begin, name="begin"),
    path("my/looks/", views.looks, name="my_looks"),
]
