"""Invitations of the nightly run: what they join, their waves, switches, and partners."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_health_care_assistant"),
        ("booking", "0007_visits_ahead"),
        ("patients", "0006_search"),
        ("recall", "0002_standing"),
    ]

    operations = [
        migrations.CreateModel(
            name="InvitationProgramme",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=30)),
                ("rule_set_id", models.SmallIntegerField(null=True)),
                ("leads", models.BooleanField(default=True)),
                ("due_on", models.DateField(null=True)),
                ("season", models.SmallIntegerField(null=True)),
                ("stands", models.BooleanField(default=True)),
                ("again_on", models.DateField()),
                ("ended_on", models.DateField(null=True)),
                ("because", models.CharField(blank=True, max_length=40)),
            ],
            options={
                "db_table": "recall_invitation_programme",
            },
        ),
        migrations.CreateModel(
            name="LastAsked",
            fields=[
                (
                    "patient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="patients.patient",
                    ),
                ),
                ("asked_on", models.DateField()),
                ("invitation_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "recall_last_asked",
            },
        ),
        migrations.CreateModel(
            name="PartnerLine",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("outcome", models.CharField(blank=True, max_length=12)),
                ("outcome_at", models.DateTimeField(null=True)),
                ("actor_label", models.CharField(blank=True, max_length=80)),
            ],
            options={
                "db_table": "recall_partner_line",
            },
        ),
        migrations.CreateModel(
            name="PartnerList",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("expires_on", models.DateField()),
                ("made_at", models.DateTimeField()),
                ("actor_label", models.CharField(max_length=80)),
            ],
            options={
                "db_table": "recall_partner_list",
            },
        ),
        migrations.CreateModel(
            name="PartnerOpening",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("actor_id", models.BigIntegerField()),
                ("actor_label", models.CharField(max_length=80)),
                ("shown", models.PositiveIntegerField()),
            ],
            options={
                "db_table": "recall_partner_opening",
            },
        ),
        migrations.CreateModel(
            name="RecallMonth",
            fields=[
                (
                    "patient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="patients.patient",
                    ),
                ),
                ("month", models.PositiveSmallIntegerField()),
                ("reason", models.CharField(max_length=120)),
                ("set_at", models.DateTimeField()),
                ("actor_label", models.CharField(max_length=80)),
            ],
            options={
                "db_table": "recall_month",
            },
        ),
        migrations.CreateModel(
            name="RecallPolicy",
            fields=[
                (
                    "organisation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="accounts.organisation",
                    ),
                ),
                ("weekly", models.PositiveSmallIntegerField(default=100)),
                ("gap_days", models.PositiveSmallIntegerField(default=21)),
                ("ran_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "recall_policy",
            },
        ),
        migrations.CreateModel(
            name="RecallProgramme",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=30)),
                ("enabled", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "recall_programme",
            },
        ),
        migrations.CreateModel(
            name="SharingAgreement",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("purpose", models.CharField(max_length=200)),
                ("basis", models.CharField(max_length=200)),
                ("sensitive", models.BooleanField(default=False)),
                ("signed_on", models.DateField()),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("made_at", models.DateTimeField()),
                ("actor_label", models.CharField(max_length=80)),
            ],
            options={
                "db_table": "recall_sharing_agreement",
            },
        ),
        migrations.CreateModel(
            name="Wave",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.SmallIntegerField()),
                ("channel", models.CharField(max_length=10)),
                ("made_on", models.DateField()),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("sent_at", models.DateTimeField(null=True)),
                ("pence", models.DecimalField(decimal_places=3, max_digits=8, null=True)),
                ("forecast", models.DecimalField(decimal_places=3, max_digits=8, null=True)),
            ],
            options={
                "db_table": "recall_wave",
            },
        ),
        migrations.RemoveConstraint(
            model_name="invitation",
            name="invited_once_a_season",
        ),
        migrations.AddField(
            model_name="invitation",
            name="appointment_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="invitation",
            name="because",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="invitation",
            name="next_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="invitation",
            name="plan",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=10), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="sensitive",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="invitation",
            name="wave",
            field=models.SmallIntegerField(default=1),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(condition=models.Q(("state", "invited")), fields=["next_at"], name="invitation_next"),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(fields=["organisation", "state"], name="invitation_organisation"),
        ),
        migrations.AddField(
            model_name="invitationprogramme",
            name="invitation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="programmes",
                to="recall.invitation",
            ),
        ),
        migrations.AddField(
            model_name="invitationprogramme",
            name="patient",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="patients.patient"),
        ),
        migrations.AddField(
            model_name="partnerline",
            name="invitation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="shared", to="recall.invitation"
            ),
        ),
        migrations.AddField(
            model_name="partnerline",
            name="list",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="recall.partnerlist",
            ),
        ),
        migrations.AddField(
            model_name="partneropening",
            name="list",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="openings", to="recall.partnerlist"
            ),
        ),
        migrations.AddConstraint(
            model_name="recallmonth",
            constraint=models.CheckConstraint(
                condition=models.Q(("month__gte", 1), ("month__lte", 12)), name="month_of_the_year"
            ),
        ),
        migrations.AddConstraint(
            model_name="recallpolicy",
            constraint=models.CheckConstraint(condition=models.Q(("gap_days__gte", 7)), name="waves_a_week_apart"),
        ),
        migrations.AddField(
            model_name="recallprogramme",
            name="organisation",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, to="accounts.organisation"
            ),
        ),
        migrations.AddField(
            model_name="recallprogramme",
            name="types",
            field=models.ManyToManyField(db_table="recall_programme_type", to="booking.appointmenttype"),
        ),
        migrations.AddField(
            model_name="sharingagreement",
            name="organisation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="shares",
                to="accounts.organisation",
            ),
        ),
        migrations.AddField(
            model_name="sharingagreement",
            name="partner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="shared_with",
                to="accounts.organisation",
            ),
        ),
        migrations.AddField(
            model_name="partnerlist",
            name="agreement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="lists", to="recall.sharingagreement"
            ),
        ),
        migrations.AddField(
            model_name="wave",
            name="invitation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="waves",
                to="recall.invitation",
            ),
        ),
        migrations.AddField(
            model_name="wave",
            name="organisation",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, to="accounts.organisation"
            ),
        ),
        migrations.AddIndex(
            model_name="invitationprogramme",
            index=models.Index(fields=["patient", "key", "again_on"], name="invitation_programme_again"),
        ),
        migrations.AddConstraint(
            model_name="invitationprogramme",
            constraint=models.UniqueConstraint(fields=("invitation", "key"), name="invitation_programme_once"),
        ),
        migrations.AddConstraint(
            model_name="invitationprogramme",
            constraint=models.UniqueConstraint(
                condition=models.Q(("season__isnull", False), ("stands", True)),
                fields=("patient", "key", "season"),
                name="invited_once_a_season",
            ),
        ),
        migrations.AddConstraint(
            model_name="partnerline",
            constraint=models.UniqueConstraint(fields=("list", "invitation"), name="on_a_list_once"),
        ),
        migrations.AddConstraint(
            model_name="recallprogramme",
            constraint=models.UniqueConstraint(fields=("organisation", "key"), name="recall_programme_once"),
        ),
        migrations.AddIndex(
            model_name="sharingagreement",
            index=models.Index(fields=["organisation", "-id"], name="agreement_organisation"),
        ),
        migrations.AddConstraint(
            model_name="sharingagreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="agreement_ends_after_it_starts"
            ),
        ),
        migrations.AddConstraint(
            model_name="sharingagreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("organisation", models.F("partner")), _negated=True), name="agreement_of_two"
            ),
        ),
        migrations.AddIndex(
            model_name="wave",
            index=models.Index(fields=["organisation", "made_on", "number"], name="invitation_wave_of_day"),
        ),
        migrations.AddIndex(
            model_name="wave",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["id"], name="invitation_wave_waiting"),
        ),
        migrations.AddConstraint(
            model_name="wave",
            constraint=models.UniqueConstraint(fields=("invitation", "number"), name="invitation_wave_once"),
        ),
        # Who was invited before is not invited again this winter, nor within the days that keep two reasons apart.
        migrations.RunSQL(
            """INSERT INTO recall_invitation_programme (invitation_id, patient_id, key, leads, season, stands, again_on, because)
               SELECT id, patient_id, programme, true, season, state NOT IN ('withdrawn', 'expired'),
                      make_date(season + 1, 9, 1), '' FROM recall_invitation;
               INSERT INTO recall_last_asked (patient_id, asked_on, invitation_id)
               SELECT DISTINCT ON (patient_id) patient_id, (invited_at AT TIME ZONE 'Europe/London')::date, id
               FROM recall_invitation ORDER BY patient_id, invited_at DESC, id DESC""",
            migrations.RunSQL.noop,
        ),
    ]
