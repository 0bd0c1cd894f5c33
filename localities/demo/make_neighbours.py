"""Write the demonstration's neighbours: practices beside Wexcombe Road Surgery, so that figures differ and can be compared.

Of each practice only those on the register of severe mental illness are made, with three years of checks, a year of visits and a
year of referrals; and ten quarters of what is published of Wexland, after the last that was published of anybody real. Nobody and
nothing in it exists. The same seed writes the same bytes.

    python3 localities/demo/make_neighbours.py [--out DIRECTORY]
"""

from __future__ import annotations

import argparse
import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from make_demo import (
    DIARY_HEADER,
    ENTRY_HEADER,
    FAMILY_NAMES,
    MEN,
    PATIENT_HEADER,
    RECORDED_TO,
    REFERRAL_HEADER,
    RESERVED_MOBILES,
    SEED,
    SIX,
    STREAMS,
    STREETS,
    WOMEN,
    Chart,
    Patient,
    born_at,
    export_date,
    nhs_number,
    patient_row,
    plain,
    words,
    write_rows,
)

HERE = Path(__file__).parent
ILLNESSES = ("58214004", "13746004", "13746004", "69322001")
FIRST_CHECKS = date(2023, 11, 1)
MONTHS = 37
"""Until November 2026: each of the last 25 months has twelve before it."""
VISITS_FROM, VISITS_TO = date(2025, 12, 1), date(2026, 11, 30)
REFERRED_FROM, REFERRED_TO = date(2025, 10, 1), date(2026, 9, 30)
REFERRED_A_MONTH = (24, 38)


@dataclass
class Practice:
    """A practice as it is made: how many it has on the register, the share of them that comes each year at first and at last, the
    share of visits at which all is done, of visits that are missed, and its doctor."""

    ods: str
    name: str
    town: str
    people: int
    comes: tuple[float, float]
    whole: float
    missed: float
    doctor: str
    landline: int
    postcode: str
    members: list[Patient] = field(default_factory=list)


PRACTICES = (
    Practice("Y99003", "Millford Surgery", "Millford", 48, (0.42, 0.54), 0.80, 0.09, "Dr A Lisle", 710, "ZZ8 4"),
    Practice(
        "Y98001", "Thornmere Health Centre", "Thornmere", 62, (0.46, 0.74), 0.82, 0.07, "Dr P Amory", 800, "ZZ9 1"
    ),
    Practice("Y98002", "Quarry Lane Surgery", "Thornmere", 58, (0.46, 0.48), 0.78, 0.10, "Dr H Sefton", 815, "ZZ9 2"),
    Practice("Y98003", "Lower Aske Practice", "Lower Aske", 46, (0.44, 0.40), 0.76, 0.12, "Dr I Rowan", 830, "ZZ9 3"),
    Practice("Y98004", "Harbour Practice", "Brackwater", 77, (0.30, 0.44), 0.74, 0.14, "Dr S Okafor", 845, "ZZ9 5"),
    Practice("Y98005", "Pinewell Surgery", "Brackwater", 54, (0.46, 0.56), 0.86, 0.08, "Dr L Hayle", 860, "ZZ9 6"),
    Practice("Y98006", "Heron Street Surgery", "Brackwater", 43, (0.40, 0.46), 0.80, 0.11, "Dr C Ide", 875, "ZZ9 7"),
    Practice(
        "Y98007", "Station Approach Surgery", "Wexcombe", 55, (0.52, 0.68), 0.76, 0.09, "Dr M Tolland", 890, "ZZ6 8"
    ),
)

NETWORK, PLACE, SYSTEM, REGION = "part_of_pcn", "in_place", "in_ics", "in_region"
WEXSHIRE = ("Y99930", "Wexshire Integrated Care System")
WEXLAND = ("Y99950", "Wexland")
AREAS = (
    ("Y99910", "Wexcombe and Millford Primary Care Network", "Y99920", "Wexcombe Place", ("Y98007",)),
    ("Y98010", "Thornmere Primary Care Network", "Y98020", "Thornmere Place", ("Y98001", "Y98002", "Y98003")),
    ("Y98011", "Brackwater Primary Care Network", "Y98021", "Brackwater Place", ("Y98004", "Y98005", "Y98006")),
)
ELSEWHERE = (
    ("Y98030", "Tarnshire Integrated Care System", ("Tarnmouth", "Upper Tarn", "Ellerby Vale", "Tarn Coast")),
    ("Y98031", "Orrinshire Integrated Care System", ("Orrin", "Kelderwick", "Orrin Forest", "Marl Downs")),
    ("Y98032", "Peverdale Integrated Care System", ("Pever", "Sallow Green", "Pever Heath", "North Peverdale")),
    ("Y98033", "Lindmarsh Integrated Care System", ("Lindmarsh", "Cutler’s Fen", "Lind Coast", "Sedgeby")),
    ("Y98034", "Averill Integrated Care System", ("Averill", "Stanmoor", "Averill Dales", "Beck and Ford")),
)
GROUPS_FROM = 40
QUARTERS = [(year, quarter) for year in (2024, 2025, 2026) for quarter in (1, 2, 3, 4)][:10]
"""Of financial years: the national file ends with the last quarter of 2023/24, so that no quarter has what is true and what is
invented."""


def organisations() -> list[list[str]]:
    """Who stands where: practices, networks and places of Wexshire, and the other systems of its region with their groups."""
    rows = [words("ods_code,name,phone,kind,other_ods_code,other_name,from,until,shares_checks", ",")]

    def stands(ods: str, name: str, kind: str, other: tuple[str, str], phone: str = "") -> None:
        rows.append([ods, name, phone, kind, *other, "2024-04-01", "", ""])

    known = {one.ods: one for one in PRACTICES}
    for network, its_name, place, its_place, members in AREAS:
        for ods in members:
            one = known[ods]
            phone = f"01632 960{one.landline}"
            stands(ods, one.name, NETWORK, (network, its_name), phone)
            stands(ods, one.name, PLACE, (place, its_place), phone)
            stands(ods, one.name, SYSTEM, WEXSHIRE, phone)
        stands(network, its_name, PLACE, (place, its_place))
        stands(place, its_place, SYSTEM, WEXSHIRE)
    stands("Y99003", "Millford Surgery", PLACE, ("Y99920", "Wexcombe Place"))
    stands("Y99003", "Millford Surgery", SYSTEM, WEXSHIRE)
    for system, name, _ in ELSEWHERE:
        stands(system, name, REGION, WEXLAND)
    for ods, name, system in groups():
        if system != WEXSHIRE[0]:
            its_name = next(one for code, one, _ in ELSEWHERE if code == system)
            stands(ods, name, SYSTEM, (system, its_name))
    return rows


def groups() -> Iterator[tuple[str, str, str]]:
    """Of whom is published: code, name, system. The places of Wexshire, and invented neighbours of its region."""
    for _, _, place, name, _ in AREAS:
        yield place, name, WEXSHIRE[0]
    number = GROUPS_FROM
    for system, _, names in ELSEWHERE:
        for name in names:
            yield f"Y980{number}", name, system
            number += 1


def free_mobiles(rng: random.Random) -> list[str]:
    """Numbers that nobody at Wexcombe Road Surgery has, so that no reply is anybody else's."""
    lines = (HERE / "patients.csv").read_text(encoding="cp1252").splitlines()[4:]
    digits = ("".join(filter(str.isdigit, row["Mobile Telephone"] or "")) for row in csv.DictReader(lines))
    taken = {int(one[-3:]) for one in digits if one} | RESERVED_MOBILES
    free = [f"07700900{number:03d}" for number in range(900) if number not in taken]
    return rng.sample(free, len(free))


def make_people(rng: random.Random) -> None:
    """Those on the registers, with names, and mobiles as far as there are any left."""
    mobiles, first_nine = free_mobiles(rng), 999_500_001
    for at, practice in enumerate(PRACTICES):
        while len(practice.members) < practice.people:
            first_nine += rng.randint(1, 9)
            nhs = nhs_number(first_nine)
            if nhs is None:
                continue
            female = rng.random() < 0.48
            given, family = rng.choice(WOMEN if female else MEN), rng.choice(FAMILY_NAMES)
            person = Patient(
                emis=str(50_001 + 1_000 * at + len(practice.members)),
                nhs=nhs,
                gp=practice.doctor,
                given=given,
                family=family,
                born=born_at(rng, rng.choice((24, 31, 38, 43, 47, 52, 56, 61, 66, 73))),
                female=female,
                street=f"{rng.randint(1, 90)} {rng.choice(STREETS)}",
                postcode=f"{practice.postcode}{rng.choice('ABCDEFGH')}{rng.choice('ABCDEFGH')}",
                landline=f"01632960{practice.landline + rng.randint(0, 9)}",
                mobile=mobiles.pop() if mobiles and rng.random() < 0.84 else "",
                smi=True,
            )
            person.email = f"{plain(given)}.{plain(family)}@example.com" if rng.random() < 0.3 else ""
            practice.members.append(person)


def entries(rng: random.Random) -> Iterator[list[str]]:
    """Diagnosis and three years of checks of each. Some are new to the register; who comes changes from first to last."""
    for practice in PRACTICES:
        for person in practice.members:
            chart = Chart(rng, person, [])
            new = rng.random() < 0.12
            begun = RECORDED_TO - timedelta(days=rng.randint(120, 800) if new else rng.randint(1_300, 6_000))
            chart.add(rng.choice(ILLNESSES), begun, at=practice.ods)
            birthday, willing = rng.randrange(12), rng.gauss(0, 0.16)
            for month in range(MONTHS):
                day = add_months(FIRST_CHECKS, month).replace(day=rng.randint(1, 28))
                if month % 12 != birthday or day < begun:
                    continue
                first, last = practice.comes
                if rng.random() < first + (last - first) * month / MONTHS + willing:
                    # Not every year on the same day: whoever comes later than last year had lapsed meanwhile.
                    day += timedelta(days=rng.randint(-20, 45))
                    for part in done(rng, practice):
                        chart.check(part, day, practice.ods)
                elif rng.random() < 0.9:
                    for part in some(rng):
                        chart.check(part, day, practice.ods)
            yield from sorted(chart.rows, key=lambda row: row[2])


def done(rng: random.Random, practice: Practice) -> list[str]:
    """What was done at a visit: all, or some."""
    return list(SIX) if rng.random() < practice.whole else some(rng)


def some(rng: random.Random) -> list[str]:
    """Not all: so much of each check that who has one and not all six is more than a few anywhere."""
    found = [part for part in SIX if rng.random() < 0.64]
    return found if len(found) < len(SIX) else found[1:]


def add_months(day: date, many: int) -> date:
    """The first of a month so many on."""
    at = day.year * 12 + day.month - 1 + many
    return date(at // 12, at % 12 + 1, 1)


def diary(rng: random.Random, practice: Practice) -> list[list[str]]:
    """A year of visits to a nurse, who sees people two days a month: seen or missed."""
    rows, nurse = [], f"Nurse of {practice.name}"
    for month in range(12):
        first = add_months(VISITS_FROM, month)
        for week in (1, 3):
            day = first + timedelta(days=7 * week + (1 - first.weekday()) % 7)
            for n, person in enumerate(rng.sample(practice.members, 15)):
                at = datetime.combine(day, time(9)) + timedelta(minutes=20 * n)
                status = "DNA" if rng.random() < practice.missed else "Left"
                kind = rng.choice(("SMI annual check", "Blood test", "Blood pressure"))
                booked = export_date(day - timedelta(days=rng.randint(3, 30)))
                rows.append(
                    [
                        *(export_date(day), f"{at:%H:%M}", "20", nurse, "Nurse Clinic", kind, status),
                        *(person.emis, person.nhs, booked, "Main site"),
                    ]
                )
    return rows


def referrals(rng: random.Random) -> list[list[str]]:
    """A year of referrals to the service that triages, before those of referrals.csv: all of them ended."""
    everybody = [(practice, person) for practice in PRACTICES for person in practice.members]
    rows: list[tuple[datetime, list[str]]] = []
    busy: dict[str, datetime] = {}
    for month in range(12):
        first = add_months(REFERRED_FROM, month)
        for _ in range(rng.randint(*REFERRED_A_MONTH)):
            received = datetime.combine(first + timedelta(days=rng.randrange(28)), time(8)) + timedelta(
                minutes=rng.randrange(660)
            )
            practice, person = rng.choice(everybody)
            # Now and then somebody is referred again within 90 days.
            if rng.random() < 0.95 and received - busy.get(person.nhs, datetime(2020, 1, 1)) < timedelta(days=100):  # noqa: DTZ001
                continue
            busy[person.nhs] = received
            rows.append((received, referral(rng, f"MSK25{len(rows) + 1:04d}", practice, person, received)))
    return [row for _, row in sorted(rows)]


def referral(rng: random.Random, ref: str, practice: Practice, person: Patient, received: datetime) -> list[str]:
    """One of them: triaged, offered and discharged, sent on, or not for this service."""
    urgent = rng.random() < 0.12
    # What comes on a Friday evening waits for Monday; most is read within two days.
    triaged = received + timedelta(
        hours=rng.choice((5, 20, 26, 30, 44)) if rng.random() < 0.86 else rng.uniform(49, 90)
    )
    row = [
        ref,
        person.nhs,
        f"{received:%d/%m/%Y %H:%M}",
        rng.choice(("General Practitioner",) * 9 + ("Other Health Professional",)),
    ]
    row += [practice.ods, "Urgent" if urgent else "Routine", f"{triaged:%d/%m/%Y %H:%M}"]
    chance, decided = rng.random(), triaged + timedelta(days=1)
    if chance < 0.82:
        offered = received + timedelta(days=rng.choice((2, 3, 4, 6)) if urgent else rng.randint(9, 62))
        ended = offered + timedelta(days=rng.randint(14, 90))
        ended = min(ended, datetime.combine(date(2026, 11, 27), time(9)))
        return [*row, "Accepted", rng.choice(STREAMS), "", "", f"{ended:%d/%m/%Y}", f"{offered:%d/%m/%Y}"]
    if chance < 0.92:
        sent = decided + timedelta(days=rng.randint(0, 3))
        return [*row, "Secondary care", rng.choice(STREAMS), f"{decided:%d/%m/%Y}", f"{sent:%d/%m/%Y}", "", ""]
    return [*row, "Inappropriate", *[""] * 5]


def published(rng: random.Random) -> list[list[str]]:
    """Ten quarters in the layout of the national file, of groups that do not exist; of England there is nothing to be known.

    One quarter of one group was not sent in: its register is 0.
    """
    rows = [words("Period,CCG Code,Question,Answer", ",")]
    state = {}
    for ods, _, system in groups():
        state[ods] = [rng.randint(1_800, 6_400), rng.gauss(0.46, 0.05) + (0.02 if system == WEXSHIRE[0] else 0)]
    asked = ("Alcohol", "BMIWeight", "BloodGlucose", "BloodLipid", "BloodPressure", "Smoking")
    ease = dict(zip(asked, (0.62, 0.66, 0.5, 0.46, 0.72, 0.68), strict=True))
    for number, (year, quarter) in enumerate(QUARTERS):
        period = f"SMI-Q{quarter}-{year}-{year + 1}"
        rows.append([period, "ENGLAND", "SMIRegister", ""])
        for ods, one in state.items():
            one[0] *= 1 + rng.gauss(0.006, 0.006)
            # Most checks are done by the end of a financial year.
            season = {1: -0.022, 2: -0.012, 3: 0.004, 4: 0.03}[quarter]
            one[1] = min(0.82, max(0.2, one[1] + rng.gauss(0.009, 0.011)))
            register, share = round(one[0]), one[1] + season
            silent = (ods, number) == (f"Y980{GROUPS_FROM + 6}", 5)
            answers = {name: round(register * (share + (1 - share) * rng.gauss(ease[name], 0.03))) for name in asked}
            whole = min(round(register * share), *answers.values())
            for name, answer in (("SMIRegister", register), ("All6PHC", whole), *answers.items()):
                rows.append([period, ods, name, "0" if silent else str(answer)])
    return rows


def write_export(
    path: Path, practice: Practice, title: str, third: str, header: list[str], rows: list[list[str]], encoding: str
) -> None:
    """One export, as make_demo.py writes them: three lines of preamble, an empty one, the header, the rows."""
    text = io.StringIO(newline="")
    text.write(f"{title}\r\n{practice.name} ({practice.ods})\r\n{third}\r\n\r\n")
    csv.writer(text, lineterminator="\r\n").writerows([header, *rows])
    path.write_bytes(text.getvalue().encode(encoding))


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description="Write the demonstration's neighbours.")
    parser.add_argument("--out", type=Path, default=HERE / "neighbours", help="directory to write to")
    folder: Path = parser.parse_args().out
    make_people(random.Random(SEED))
    chance = random.Random(SEED)
    for practice in PRACTICES:
        rows = [
            [*patient_row(chance, one), export_date(date(2012, 4, 1) + timedelta(days=chance.randint(0, 4_000)))]
            for one in practice.members
        ]
        for row in rows:
            row[9] = practice.town
        write_export(
            folder / f"patients-{practice.ods.lower()}.csv", practice, "Patient list - all registered",
            "Run: 04-Dec-2026 08:05", PATIENT_HEADER, rows, "cp1252",
        )  # fmt: skip
        write_export(
            folder / f"diary-{practice.ods.lower()}.csv", practice, "Appointment slots",
            f"Date range: {export_date(VISITS_FROM)} to {export_date(VISITS_TO)}; all session holders; Main site",
            DIARY_HEADER, diary(chance, practice), "utf-8-sig",
        )  # fmt: skip
    write_rows(folder / "organisations.csv", organisations())
    write_rows(folder / "entries.csv", [ENTRY_HEADER, *entries(random.Random(SEED))])
    write_rows(folder / "referrals.csv", [REFERRAL_HEADER, *referrals(random.Random(SEED))])
    write_rows(folder / "invented-smi.csv", published(random.Random(SEED)))


if __name__ == "__main__":
    main()
