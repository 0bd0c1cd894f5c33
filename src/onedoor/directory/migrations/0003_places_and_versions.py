"""Services have places with coordinates, and their history is kept from here on; the country's places are named and located."""

from __future__ import annotations

import uuid
from typing import Any

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


def places_of_sites(apps: Any, schema_editor: Any) -> None:
    """A service's site and postcode were one place; its hours were the service's."""
    service_model, place_model = apps.get_model("directory", "Service"), apps.get_model("directory", "ServicePlace")
    opening_model = apps.get_model("directory", "Opening")
    sites: dict[int, str] = dict(
        opening_model.objects.filter(site__isnull=False).order_by("pk").values_list("service_id", "site__name")
    )
    place_model.objects.bulk_create(
        place_model(service_id=key, name=sites.get(key, ""), postcode=postcode)
        for key, postcode in service_model.objects.order_by("pk").values_list("pk", "postcode")
        if postcode or key in sites
    )


def sites_of_places(apps: Any, schema_editor: Any) -> None:
    """The main place's postcode goes back to the service."""
    service_model, place_model = apps.get_model("directory", "Service"), apps.get_model("directory", "ServicePlace")
    for key, postcode in place_model.objects.filter(active=True, position=1).values_list("service_id", "postcode"):
        service_model.objects.filter(pk=key).update(postcode=postcode)


class Migration(migrations.Migration):
    dependencies = [("directory", "0002_editions_and_gaps_put_otherwise")]

    operations = [
        migrations.CreateModel(
            name="Spot",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=8)),
                ("key", models.CharField(max_length=80)),
                ("name", models.CharField(max_length=80)),
                ("outward", models.CharField(blank=True, max_length=4)),
                ("latitude", models.FloatField()),
                ("longitude", models.FloatField()),
            ],
            options={
                "db_table": "directory_spot",
                "indexes": [models.Index(condition=Q(kind="postcode"), fields=["outward"], name="spot_of_outward")],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "key", "outward"), name="spot_once"),
                    models.CheckConstraint(condition=Q(kind__in=("outward", "postcode", "town")), name="spot_kind"),
                    models.CheckConstraint(
                        condition=Q(latitude__range=(-90, 90), longitude__range=(-180, 180)), name="spot_on_earth"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServicePlace",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("address", models.CharField(blank=True, max_length=200)),
                ("postcode", models.CharField(blank=True, max_length=8)),
                ("step_free", models.BooleanField(null=True)),
                ("parking", models.CharField(blank=True, max_length=200)),
                ("latitude", models.FloatField(null=True)),
                ("longitude", models.FloatField(null=True)),
                ("located", models.CharField(default="", max_length=8)),
                ("position", models.PositiveSmallIntegerField(default=1)),
                ("active", models.BooleanField(default=True)),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="places", to="directory.service"
                    ),
                ),
            ],
            options={
                "db_table": "directory_service_place",
                "ordering": ["position", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(active=True), fields=("service", "name"), name="service_place_once"
                    ),
                    models.CheckConstraint(condition=~Q(name="", postcode=""), name="service_place_is_somewhere"),
                    models.CheckConstraint(
                        condition=Q(latitude=None, located="", longitude=None)
                        | Q(
                            located__in=("given", "postcode", "outward"),
                            latitude__range=(-90, 90),
                            longitude__range=(-180, 180),
                        ),
                        name="service_place_located",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceVersion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("by_label", models.CharField(max_length=80)),
                ("via", models.CharField(max_length=4)),
                (
                    "changed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), default=list, size=None
                    ),
                ),
                ("told", models.JSONField()),
                ("since_ever", models.BooleanField(default=False)),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="directory.service"
                    ),
                ),
            ],
            options={
                "db_table": "directory_service_version",
                "indexes": [models.Index(fields=["service", "-at", "-id"], name="service_version_latest")],
                "constraints": [
                    models.CheckConstraint(condition=Q(via__in=("file", "page")), name="service_version_via"),
                    models.UniqueConstraint(
                        condition=Q(since_ever=True), fields=("service",), name="service_version_first_once"
                    ),
                ],
            },
        ),
        migrations.RunPython(places_of_sites, sites_of_places),
        # Foreign keys of the new rows are checked now: a table with checks pending cannot be altered.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveField(model_name="opening", name="site"),
        migrations.RemoveField(model_name="service", name="postcode"),
        migrations.AddField(
            model_name="opening",
            name="place",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="openings",
                to="directory.serviceplace",
            ),
        ),
        migrations.AddField(model_name="service", name="criteria", field=models.TextField(blank=True)),
        migrations.AddField(
            model_name="service", name="verified_by", field=models.CharField(blank=True, max_length=80)
        ),
    ]
