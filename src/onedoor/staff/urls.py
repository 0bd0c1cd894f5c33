"""Addresses of the staff pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from onedoor.staff.views import home, patients, signin, tasks

urlpatterns: list[URLPattern] = [
    path("signin/", signin.signin, name="signin"),
    path("signin/demo/<slug:role>/", signin.demo_signin, name="demo_signin"),
    path("signout/", signin.signout, name="signout"),
    path("favicon.ico", signin.favicon),
    path("", home.home, name="home"),
    path("tasks/", tasks.worklist, name="tasks"),
    path("tasks/<uuid:ref>/", tasks.task, name="task"),
    path("tasks/<uuid:ref>/claim/", tasks.claim, name="task_claim"),
    path("tasks/<uuid:ref>/give-back/", tasks.give_back, name="task_give_back"),
    path("tasks/<uuid:ref>/complete/", tasks.complete, name="task_complete"),
    path("patients/", patients.search, name="patients"),
    path("patients/<uuid:ref>/", patients.patient, name="patient"),
]
