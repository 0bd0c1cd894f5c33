"""Write the demonstration practice: a patient list, a diary and the people who text back.

The two exports have the shape of a real practice's (preamble lines, CRLF, Windows-1252 for the patients, UTF-8 with a
byte-order mark for the diary) and eight damaged rows each, listed in README.md. Everybody in them is invented: NHS
numbers begin with 999, telephone numbers come from the ranges kept free for drama. The same seed writes the same bytes.

    python3 localities/demo/make_demo.py [--out DIRECTORY]
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

SEED = 2026
PATIENTS = 1_000
PRACTICE = "Wexcombe Road Surgery (Y99002)"
RUN_ON, RUN_AT = date(2026, 12, 4), time(7, 58)
DAYS = [date(2026, 12, 7) + timedelta(days=n) for n in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)]
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = DAYS[:4]


def words(text: str, between: str = " ") -> list[str]:
    """The items of a list that is easier to read as one line."""
    return text.split(between)


PATIENT_HEADER = words(
    "EMIS Number,Usual GP's Full Name,NHS Number,Title,Given Name,Family Name,Date of Birth,Gender,Number and Street,"
    "Town,Postcode,Home Telephone,Mobile Telephone,Email Address,Text Message Consent,Main Spoken Language,"
    "Communication Need,Registration Status,Date of Deduction,Date of Registration",
    ",",
)
DIARY_HEADER = words(
    "Appointment Date,Start Time,Duration (mins),Session Holder,Session Type,Slot Type,Slot Status,EMIS Number,"
    "NHS Number,Booked On,Location",
    ",",
)

GPS = ("Dr N Castellan", "Dr R Thorne")
WOMEN = words(
    "Zoë Siân Chloë Renée Amira Beatrice Bronwen Carol Chidinma Daniela Edith Fatima Gemma Hana Imogen Jaswinder Joyce "
    "Kateryna Laura Leila Maureen Mei Nadia Olena Pauline Priya Rosie Ruth Sadia Sheila Tegan Teresa Una Valerie Wendy"
)
MEN = words(
    "José André François Seán Ahmed Aled Bilal Callum Colin Darius Derek Emeka Farid Frank Gareth Gurpreet Harold Hugh "
    "Idris Ivan Jamal Keith Leon Malik Mohan Neil Oscar Pavel Quentin Ravi Rory Samir Terence Tomasz Victor Wei"
)
FAMILY_NAMES = words(
    "Núñez Müller Beaumont Abara Achebe Akhtar Ashworth Baptiste Barlow Chaudhry Clegg Coates Dhillon Eze Fairley "
    "Fernando Gill Goddard Hartley Iqbal Jarvis Kaczmarek Kovacs Lal Lowe Marsden Mistry Moss Nair Oakley Obi "
    "O'Connell Petrov Pritchard Qureshi Rashid Rees Sandhu Shaw Stoica Tanner Usman Vaughan Whitby Yeo Zaman"
)
STREETS = words(
    "Alder Walk|Bakehouse Lane|Castle Rise|Drovers Way|Ferry Road|Granary Close|Hop Gardens|Ironmonger Row|Kiln Street|"
    "Lime Avenue|Meadow View|Quarry Hill|Rookery Lane|Tannery Yard|Wexcombe Road",
    "|",
)
LANGUAGES = ("Polish", "Urdu", "Romanian", "Arabic", "Bengali", "Punjabi", "British Sign Language")
NEEDS = (
    ("Contact by telephone", 22),
    ("Large print", 20),
    ("Step-free access", 14),
    ("Easyread", 9),
    ("Contact by letter", 8),
    ("Quiet waiting area", 6),
)
# GOV.UK Notify treats these apart (messaging.md 1.1: test and smoke numbers), so nobody lives there.
RESERVED_MOBILES = {0, 2, 3, 111, 222}


@dataclass
class Patient:
    """One person on the list; `mobile` and `landline` are bare digits or empty."""

    emis: str
    nhs: str
    gp: str
    given: str
    family: str
    born: date
    female: bool
    street: str
    postcode: str
    landline: str
    mobile: str = ""
    email: str = ""
    consent: str = "Yes"
    language: str = "English"
    need: str = ""
    status: str = "Current"
    left: date | None = None
    smi: bool = False
    visits: list[Slot] = field(default_factory=list)

    @property
    def age(self) -> int:
        """Years on the first day of the diary."""
        return MONDAY.year - self.born.year - ((MONDAY.month, MONDAY.day) < (self.born.month, self.born.day))

    @property
    def textable(self) -> bool:
        """Grown up, on the list, with a mobile, consent and no need that a text would not meet."""
        return bool(
            self.status == "Current"
            and self.mobile
            and self.consent == "Yes"
            and not self.need
            and self.language == "English"
            and self.age >= 18
        )


@dataclass
class Slot:
    """One line of the diary; `patient` is None while it is free or blocked."""

    day: date
    start: time
    minutes: int
    holder: str
    session: str
    kind: str
    status: str = "Available"
    patient: Patient | None = None
    booked_on: date | None = None


@dataclass(frozen=True)
class Session:
    """A clinician's working day: slots of `minutes`, so many from 8:40am and from 2pm, of weighted kinds."""

    holder: str
    name: str
    minutes: int
    morning: int
    afternoon: int
    kinds: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Damage:
    """Where a damaged row stands and what is wrong with it."""

    line: int
    column: str
    value: str
    fault: str


GP_KINDS = (("Face to face", 46), ("Telephone", 28), ("Book on the day", 22), ("Two week wait", 4))
SESSIONS = (
    Session(GPS[0], "GP Surgery", 10, 11, 8, GP_KINDS),
    Session(GPS[1], "GP Surgery", 10, 11, 8, GP_KINDS),
    Session(
        "Nurse C Whitlock",
        "Nurse Clinic",
        15,
        8,
        6,
        (("Asthma review", 28), ("Dressing", 24), ("Immunisation", 22), ("Smear", 20), ("Depot injection", 6)),
    ),
    Session(
        "HCA M Oduya",
        "Health Checks",
        20,
        8,
        6,
        (("Blood test", 36), ("Blood pressure", 28), ("NHS health check", 22), ("SMI annual check", 14)),
    ),
    Session("Physio J Hallam", "First Contact Physio", 20, 8, 6, (("MSK assessment", 1),)),
)
ELIGIBLE: dict[str, Callable[[Patient], bool]] = {
    "Smear": lambda p: p.female and 25 <= p.age <= 64,
    "Immunisation": lambda p: p.age <= 5 or p.age >= 65,
    "NHS health check": lambda p: 40 <= p.age <= 74,
    "SMI annual check": lambda p: p.smi,
    "Depot injection": lambda p: p.smi,
    "Two week wait": lambda p: p.age >= 40,
    "MSK assessment": lambda p: p.age >= 16,
    "Blood pressure": lambda p: p.age >= 30,
    "Asthma review": lambda p: p.age >= 6,
}


def nhs_number(first_nine: int) -> str | None:
    """The ten digits with the check digit of clinical.md 6.3, or None where none exists."""
    digits = f"{first_nine:09d}"
    check = 11 - sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11
    return None if check == 10 else digits + str(check % 11)


def nhs_numbers() -> Iterator[str]:
    """Sound numbers from 999 1000 01 upwards, a range the other example exports do not use."""
    first_nine = 999_100_001
    while True:
        number = nhs_number(first_nine)
        if number:
            yield number
        first_nine += 1


def pick(rng: random.Random, weighted: tuple[tuple[str, int], ...]) -> str:
    """One of the names, by weight."""
    return rng.choices([name for name, _ in weighted], [weight for _, weight in weighted])[0]


def born_at(rng: random.Random, age: int) -> date:
    """A birthday that makes somebody `age` on the first day of the diary."""
    return MONDAY - timedelta(days=int(age * 365.25) + rng.randint(1, 360))


def household_ages(rng: random.Random) -> list[int]:
    """The ages under one roof: alone, a couple, or a family with children, at most five people."""
    shape = rng.random()
    if shape < 0.34:
        return [rng.randint(19, 94)]
    if shape < 0.62:
        first = rng.randint(24, 90)
        return [first, max(19, first + rng.randint(-6, 6))]
    parent = rng.randint(25, 52)
    adults = [parent] if shape < 0.72 else [parent, max(20, parent + rng.randint(-5, 5))]
    return adults + [rng.randint(0, min(18, parent - 19)) for _ in range(rng.randint(1, 3))]


def make_people(rng: random.Random) -> list[Patient]:
    """The patient list, household by household, before anybody has died or left."""
    numbers, people = nhs_numbers(), list[Patient]()
    mobiles = [n for n in range(1_000) if n not in RESERVED_MOBILES]
    rng.shuffle(mobiles)
    while len(people) < PATIENTS:
        family, gp = rng.choice(FAMILY_NAMES), rng.choice(GPS)
        street = f"{rng.randint(1, 140)} {rng.choice(STREETS)}"
        postcode = f"ZZ{rng.randint(1, 9)} {rng.randint(1, 9)}{''.join(rng.choices('ABDEFGHJLNPQRSTUWXYZ', k=2))}"
        landline = f"01632960{rng.randint(0, 999):03d}" if rng.random() < 0.55 else ""
        home: list[Patient] = []
        for age in household_ages(rng)[: PATIENTS - len(people)]:
            female = rng.random() < 0.51
            person = Patient(
                emis=str(30_001 + len(people) + len(home)),
                nhs=next(numbers),
                gp=gp,
                given=rng.choice(WOMEN if female else MEN),
                family=family,
                born=born_at(rng, age),
                female=female,
                street=street,
                postcode=postcode,
                landline=landline,
            )
            person.mobile = household_mobile(rng, person, home, mobiles)
            describe(rng, person)
            home.append(person)
        people += home
    return people


def household_mobile(rng: random.Random, person: Patient, home: list[Patient], mobiles: list[int]) -> str:
    """Children have a parent's number, some couples share one, many older people have none."""
    parents = home[0].mobile if home else ""
    if person.age < 16:
        return parents if rng.random() < 0.85 else ""
    if parents and rng.random() < (0.3 if person.age >= 70 else 0.08):
        return parents
    if rng.random() < (0.35 if person.age >= 75 else 0.1):
        return ""
    return f"07700900{mobiles.pop():03d}"


def describe(rng: random.Random, person: Patient) -> None:
    """Consent, language, needs, email and the severe mental illness register."""
    person.consent = rng.choices(("Yes", "", "No"), (80, 16, 4))[0]
    if rng.random() < 0.13:
        person.language = rng.choice(LANGUAGES)
        if rng.random() < 0.3:
            person.need = "Interpreter required"
    if not person.need and rng.random() < 0.08:
        person.need = pick(rng, NEEDS)
    if person.age >= 16 and rng.random() < 0.5:
        person.email = f"{plain(person.given)}.{plain(person.family)}{person.emis[1:]}@example.com"
    person.smi = 20 <= person.age <= 80 and rng.random() < 0.045


def plain(name: str) -> str:
    """A name as an email address has it."""
    marks = str.maketrans("àáâãäåçèéêëìíîïñòóôõöùúûüý", "aaaaaaceeeeiiiinooooouuuuy")
    return "".join(c for c in name.lower().translate(marks) if c.isalpha())


def some_leave(rng: random.Random, people: list[Patient]) -> list[Patient]:
    """Mark seven as deceased and eighteen as deducted; answer with them."""
    old = rng.sample([p for p in people if p.age >= 60], 7)
    rest = [p for p in people if p not in old]
    gone = old + rng.sample(rest, 18)
    for n, person in enumerate(gone):
        person.status = "Deceased" if n < 7 else "Deducted"
        person.left = RUN_ON - timedelta(days=rng.randint(8, 320))
    return gone


def registered(rng: random.Random, person: Patient) -> date:
    """Since when somebody is on the list: at the latest three months ago, but one in fifty this autumn."""
    last = min(person.left or RUN_ON, RUN_ON) - timedelta(days=1)
    days = rng.randint(1, 60) if rng.random() < 0.02 else rng.randint(100, 9_000)
    return max(person.born, last - timedelta(days=days))


def make_slots(rng: random.Random) -> list[Slot]:
    """Every place of the ten days, free."""
    slots: list[Slot] = []
    for day in DAYS:
        for session in SESSIONS:
            for opens, count in ((time(8, 40), session.morning), (time(14, 0), session.afternoon)):
                for n in range(count):
                    start = (datetime.combine(day, opens) + timedelta(minutes=n * session.minutes)).time()
                    kind = pick(rng, session.kinds)
                    slots.append(Slot(day, start, session.minutes, session.holder, session.name, kind))
    return slots


def book(rng: random.Random, slot: Slot, person: Patient) -> None:
    """Put a person into a place, booked on a day before the export was run."""
    slot.status, slot.patient = "Booked", person
    slot.booked_on = RUN_ON - timedelta(days=rng.randint(1, 3 if slot.kind == "Book on the day" else 30))
    person.visits.append(slot)


def fill(rng: random.Random, slots: list[Slot], people: list[Patient]) -> None:
    """Book about 88 in 100 of the places, block a few, leave the rest. Nobody has two visits on one day.

    Whoever has a visit already is in the demonstration for that one, and gets no other.
    """
    current = [p for p in people if p.status == "Current" and not p.visits]
    for slot in slots:
        if slot.status == "Booked":
            continue
        fate = rng.random()
        if fate >= 0.86 and slot.kind not in ("Two week wait", "Depot injection"):
            slot.status = "Blocked" if fate >= 0.955 else "Available"
            continue
        suits = ELIGIBLE.get(slot.kind)
        choice = [
            p
            for p in rng.sample(current, len(current))
            if (suits is None or suits(p)) and all(v.day != slot.day for v in p.visits)
        ]
        if choice:
            book(rng, slot, min(choice, key=lambda p: len(p.visits)))


def family_phone(rng: random.Random, slots: list[Slot], people: list[Patient]) -> Patient:
    """Give a parent and a child on one mobile a visit each on the same day (journey J2); answer with the parent."""
    holders = {p.mobile: [q for q in people if q.mobile == p.mobile] for p in people if p.textable}
    parent, child = next(
        (group[0], next(p for p in group if 6 <= p.age < 16))
        for group in holders.values()
        if len(group) == 3
        and group[0].age >= 30
        and all(p.status == "Current" and not p.need for p in group)
        and any(6 <= p.age < 16 for p in group)
        and len({p.given for p in group}) == 3
    )
    for person, kind, after in ((parent, "Blood test", time(9, 0)), (child, "Asthma review", time(14, 0))):
        book(rng, next(s for s in slots if s.day == TUESDAY and s.kind == kind and s.start >= after), person)
    return parent


def still_booked(rng: random.Random, slots: list[Slot], gone: list[Patient]) -> None:
    """Leave one visit each with somebody who has died and somebody who has left, as real diaries do."""
    for status, day in (("Deceased", WEDNESDAY), ("Deducted", THURSDAY)):
        person = next(p for p in gone if p.status == status and p.mobile)
        book(rng, next(s for s in slots if s.day == day and s.kind == "Telephone"), person)


# --- the files -------------------------------------------------------------------------------------------------------


def export_date(day: date | None) -> str:
    """07-Dec-2026, whatever the locale."""
    months = words("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
    return f"{day.day:02d}-{months[day.month - 1]}-{day.year}" if day else ""


def telephone(rng: random.Random, digits: str) -> str:
    """A number as one of several hands typed it."""
    if not digits:
        return ""
    if digits.startswith("01632"):
        return f"{digits[:5]} {digits[5:]}"
    style = rng.random()
    return f"+44{digits[1:]}" if style < 0.06 else digits if style < 0.5 else f"{digits[:5]} {digits[5:]}"


def patient_row(rng: random.Random, p: Patient) -> list[str]:
    """One line of the patient list."""
    title = ("Miss" if p.female else "Master") if p.age < 16 else ("Ms" if p.female else "Mr")
    nhs = f"{p.nhs[:3]} {p.nhs[3:6]} {p.nhs[6:]}" if rng.random() < 0.3 else p.nhs
    consent = "" if p.mobile == "" and p.consent == "Yes" and rng.random() < 0.5 else p.consent
    return [
        *(p.emis, p.gp, nhs, title, p.given, p.family, export_date(p.born), "Female" if p.female else "Male"),
        *(p.street, "Wexcombe", p.postcode, telephone(rng, p.landline), telephone(rng, p.mobile), p.email),
        *(consent, p.language, p.need, p.status, export_date(p.left)),
    ]


def slot_row(slot: Slot) -> list[str]:
    """One line of the diary."""
    emis, nhs = (slot.patient.emis, slot.patient.nhs) if slot.patient else ("", "")
    return [
        *(export_date(slot.day), f"{slot.start:%H:%M}", str(slot.minutes), slot.holder, slot.session, slot.kind),
        *(slot.status, emis, nhs, export_date(slot.booked_on), "Main site"),
    ]


def invented_row(rng: random.Random, number: int, given: str, family: str, nhs: str) -> list[str]:
    """A patient's line that is sound but for what is then done to it."""
    row = patient_row(
        rng,
        Patient(str(number), nhs, GPS[0], given, family, date(1968, 6, 11), True, "47 Kiln Street", "ZZ6 6WZ", ""),
    )
    row[2] = nhs
    return [*row, "11-Sep-2006"]


def damaged_patients(rng: random.Random, rows: list[list[str]]) -> list[tuple[int, list[str], str, str]]:
    """Where to put each damaged row, the row, the column at fault and the fault."""
    spare = [n for n in (nhs_number(999_190_000 + k) for k in range(20)) if n]
    wrong_digit = spare[1][:9] + str((int(spare[1][9]) + 1) % 10)

    def damaged(k: int, name: str, column: str, value: str) -> list[str]:
        row = invented_row(rng, 39_001 + k, name, "Lowe", spare[k])
        row[PATIENT_HEADER.index(column)] = value
        return row

    shifted = invented_row(rng, 39_005, "Pauline", "Lowe", spare[4])
    del shifted[4]
    return [
        (17, damaged(0, "Hana", "NHS Number", "9.99E+09"), "NHS Number", "a spreadsheet rounded the number"),
        (130, damaged(1, "Ruth", "NHS Number", wrong_digit), "NHS Number", "the check digit is wrong"),
        (255, damaged(2, "Joyce", "Date of Birth", "31-Feb-1970"), "Date of Birth", "no such day"),
        (388, damaged(3, "Tegan", "Date of Birth", "14-Mar-2031"), "Date of Birth", "in the future"),
        (521, [*shifted, ""], "Date of Birth", "a name is missing and every later cell stands one place too far left"),
        (640, list(rows[300]), "EMIS Number", "the same person a second time"),
        (777, damaged(5, "Edith", "Mobile Telephone", "ask at desk"), "Mobile Telephone", "not a number"),
        (1_007, [""] * len(PATIENT_HEADER), "", "an empty row"),
    ]


def damaged_slots(rows: list[list[str]], people: list[Patient]) -> list[tuple[int, list[str], str, str]]:
    """Where to put each damaged line of the diary, the line, the column at fault and the fault."""

    def line(person: Patient, **cells: str) -> list[str]:
        row = slot_row(Slot(TUESDAY, time(17, 0), 15, "Nurse C Whitlock", "Nurse Clinic", "Dressing", "Booked", person))
        row[DIARY_HEADER.index("Booked On")] = "30-Nov-2026"
        for column, value in cells.items():
            row[DIARY_HEADER.index(column.replace("_", " "))] = value
        return row

    who = [p for p in people if p.status == "Current" and not p.visits and not p.mobile]
    duration = line(who[5], Start_Time="17:15")
    duration[DIARY_HEADER.index("Duration (mins)")] = ""
    # A second person in a place that somebody has already, as when two receptionists press at once.
    taken = next(r for r in rows if r[0] == export_date(WEDNESDAY) and r[5] == "Dressing" and r[6] == "Booked")
    twice = [*taken[:7], who[7].emis, who[7].nhs, "03-Dec-2026", "Main site"]
    return [
        (24, line(who[0], Start_Time="25:10"), "Start Time", "no such time"),
        (99, line(who[1], Appointment_Date="31-Nov-2026"), "Appointment Date", "no such day"),
        (180, line(who[2], Slot_Status="Arrived?", Start_Time="17:30"), "Slot Status", "not a status of this export"),
        (266, line(who[3], EMIS_Number="99999", NHS_Number=""), "EMIS Number", "nobody on the patient list has it"),
        (350, duration, "Duration (mins)", "missing"),
        (
            433,
            line(who[4], NHS_Number=who[6].nhs, Start_Time="17:45"),
            "NHS Number",
            "belongs to another person than the EMIS number",
        ),
        (512, line(who[6], Session_Holder="", Start_Time="17:00"), "Session Holder", "missing"),
        (len(rows) + 7, twice, "Start Time", "a second person in a place that is taken"),
    ]


def spoil(
    header: list[str], rows: list[list[str]], damaged: list[tuple[int, list[str], str, str]]
) -> tuple[list[list[str]], list[Damage]]:
    """Put the damaged rows in; answer with all rows and with the lines of the file on which the damaged ones stand."""
    out, found = list(rows), list[Damage]()
    for index, row, column, fault in damaged:
        out.insert(index, row)
        # Four lines of preamble and one of header come first, and lines count from 1.
        found.append(Damage(index + 6, column, row[header.index(column)] if column else "", fault))
    return out, found


def write_export(path: Path, title: str, third: str, header: list[str], rows: list[list[str]], encoding: str) -> None:
    """Write one export: three lines of preamble, an empty one, the header, the rows; CRLF throughout."""
    text = io.StringIO(newline="")
    text.write(f"{title}\r\n{PRACTICE}\r\n{third}\r\n\r\n")
    csv.writer(text, lineterminator="\r\n").writerows([header, *rows])
    path.write_bytes(text.getvalue().encode(encoding))


# --- the people who text back ----------------------------------------------------------------------------------------


class Cast:
    """Gives people who are alone on their number one visit each, and hands them out."""

    def __init__(self, rng: random.Random, slots: list[Slot], people: list[Patient]) -> None:
        self.rng, self.slots = rng, slots
        holders = Counter(p.mobile for p in people)
        free = [p for p in people if p.textable and not p.smi and not p.visits and holders[p.mobile] == 1]
        self.free = rng.sample(free, len(free))

    def take(self, kinds: tuple[str, ...], day: date) -> Patient:
        """Somebody with a visit of one of these kinds on that day and no other."""
        slot = self.rng.choice([s for s in self.slots if s.day == day and s.kind in kinds and not s.patient])
        suits = ELIGIBLE.get(slot.kind)
        person = next(p for p in self.free if suits is None or suits(p))
        self.free.remove(person)
        book(self.rng, slot, person)
        return person


REMINDER, OFFER = "to keep it", "to take it"
ROUTINE = ("Face to face", "Telephone", "Blood test", "Blood pressure", "MSK assessment", "Dressing")


def persona(person: Patient, character: str, *replies: tuple[str, str, int]) -> dict[str, object]:
    """One phone: what it answers, to which text, after how many minutes."""
    return {
        "mobile": person.mobile,
        "name": f"{person.given} {person.family}",
        "character": character,
        "replies": [{"when_text_contains": w, "text": t, "after_minutes": m} for w, t, m in replies],
    }


def make_personas(cast: Cast, parent: Patient) -> list[dict[str, object]]:
    """Twenty-five people: eight who cancel, ten who want an earlier place, and seven others.

    Those who cancel have the first visits and those who wait the later ones of the same kinds, so that a place released
    in the morning suits somebody who asked.
    """
    out: list[dict[str, object]] = []
    cancels = (
        ("MSK assessment", TUESDAY, "A shop worker whose shift was changed.", "CANCEL", 12),
        ("MSK assessment", TUESDAY, "Feels better and says so.", "Feeling better, please cancel", 25),
        ("MSK assessment", WEDNESDAY, "Texts with one thumb on the bus.", "cancle", 7),
        ("Blood test", TUESDAY, "Forgot about the school play.", "cant make it sorry cancel", 18),
        ("Blood test", TUESDAY, "Polite to the last full stop.", "Please cancel my appointment, thank you.", 40),
        ("Face to face", TUESDAY, "In a hurry, all in capitals.", "CANCEL PLEASE", 5),
        ("Face to face", WEDNESDAY, "Never takes the signature off.", "Cancel please\nSent from my iPhone", 31),
    )
    for kind, day, character, text, minutes in cancels:
        out.append(persona(cast.take((kind,), day), character, (REMINDER, text, minutes)))
    out.append(
        persona(
            cast.take(ROUTINE, WEDNESDAY),
            "Cancels, thinks again over a cup of tea, and would come after all.",
            (REMINDER, "CANCEL", 15),
            ("cancelled", "Yes I'll come after all", 6),
        )
    )
    early = (
        ("MSK assessment", WEDNESDAY, "A postman with a bad knee, phone always in hand.", "YES", 2),
        ("MSK assessment", WEDNESDAY, "Works from home and can come at once.", "Yes please", 5),
        ("MSK assessment", WEDNESDAY, "Looks at the phone at the end of each lesson.", "yes", 24),
        ("MSK assessment", THURSDAY, "Drives for a living and answers at the next stop.", "Yes please!", 40),
        ("Blood test", WEDNESDAY, "Wants the needle over with.", "YES PLEASE", 3),
        ("Blood test", WEDNESDAY, "Asks a daughter first.", "Yes thank you", 14),
        ("Face to face", WEDNESDAY, "Worried, and hopes to be seen sooner.", "Yes I'll take it", 4),
        ("Face to face", THURSDAY, "In meetings all morning.", "yes please", 19),
        ("Face to face", WEDNESDAY, "Likes the idea of earlier more than the fact.", "No thanks", 9),
    )
    for n, (kind, day, character, text, minutes) in enumerate(early):
        asks = ("EARLY", "early please", "Early")[n % 3]
        out.append(persona(cast.take((kind,), day), character, (REMINDER, asks, 4 + 3 * n), (OFFER, text, minutes)))
    silent = cast.take(("Blood test",), THURSDAY)
    out.append(persona(silent, "Asks for an earlier one, then leaves the phone at home.", (REMINDER, "EARLY", 20)))
    others = (
        (TUESDAY, "Answers everything at once.", "YES", 1),
        (TUESDAY, "Grateful for the reminder.", "Yes I'll be there, thank you", 35),
        (WEDNESDAY, "Says it with a picture.", "Yes 👍", 55),
        (WEDNESDAY, "At the end of a long bad night.", "cancel it, there is no point, I want to end my life", 22),
        (TUESDAY, "Has had enough of texts from everybody.", "STOP", 9),
        (WEDNESDAY, "Has had this number since October and knows no such patient.", "Wrong number mate", 16),
    )
    for day, character, text, minutes in others:
        out.append(persona(cast.take(ROUTINE, day), character, (REMINDER, text, minutes)))
    out.append(
        persona(
            parent,
            "One phone for three people; two visits on Tuesday, and only the child's has to go.",
            # In the afternoon, so that whoever follows the tutorial is here first; and once, though two reminders arrive.
            (f"{parent.given}: your appointment is", "CANCEL", 300),
            ("Which", "2", 3),
        )
    )
    return out


STREAMS = ("Physiotherapy", "MATT Assessment", "Specialist Physiotherapy", "MSK Podiatry/Orthotics", "Ultrasound")
REFERRAL_HEADER = words(
    "Referral ID,NHS Number,Received,Referral Source,Referring Practice,Priority,Triaged,Triage Outcome,Service,"
    "Decision To Refer On,Sent To Secondary Care,Discharged To GP,First Appointment Offered",
    ",",
)
REFERRED = 96
OPENS = datetime.combine(MONDAY, time(8, 0))
PORTAL_MOBILE = "07700900049"


def make_referrals(rng: random.Random, people: list[Patient]) -> list[list[str]]:
    """Seven weeks of referrals to the MSK service: most decided, the last days' not, a few of them overdue, some urgent."""
    grown = [p for p in people if p.age >= 16 and p.left is None and p.status == "Current" and p.nhs]
    chosen = rng.sample(grown, REFERRED)
    tracked = next(p for p in people if p.mobile == PORTAL_MOBILE)
    chosen = [tracked, *(p for p in chosen if p is not tracked)][:REFERRED]
    rows = []
    for number, person in enumerate(chosen):
        # The one who may look for themselves was referred three weeks ago and waits for a time.
        days = 21.0 if number == 0 else rng.uniform(0.1, 49.0) if number % 4 else rng.uniform(0.05, 2.6)
        received = OPENS - timedelta(days=days)
        urgent = number != 0 and rng.random() < 0.15
        row = [f"MSK26{number + 1:04d}", person.nhs or "", f"{received:%d/%m/%Y %H:%M}"]
        row += [rng.choice(("General Practitioner",) * 9 + ("Other Health Professional",)), "Y99002"]
        row += ["Urgent" if urgent else "Routine", *[""] * 7]
        if number == 0 or days > 2.7:
            decide(rng, row, received, accepted=number == 0, urgent=urgent)
        rows.append((received, row))
    return [row for _, row in sorted(rows)]


def decide(rng: random.Random, row: list[str], received: datetime, *, accepted: bool, urgent: bool) -> None:
    """What triage made of a referral, within two days of it or not."""
    triaged = min(received + timedelta(hours=rng.uniform(2, 70)), OPENS - timedelta(hours=1))
    chance = 0.0 if accepted else rng.random()
    row[6], row[8] = f"{triaged:%d/%m/%Y %H:%M}", rng.choice(STREAMS)
    decided = triaged + timedelta(days=1)
    if chance < 0.8:
        row[7] = "Accepted"
        if urgent:
            row[12] = f"{received + timedelta(days=rng.choice((2, 3, 4, 6))):%d/%m/%Y}"
        if chance > 0.55 and decided + timedelta(days=20) < OPENS:
            row[11] = f"{decided + timedelta(days=20):%d/%m/%Y}"
    elif chance < 0.9:
        row[7] = "Secondary care"
        if decided + timedelta(days=2) < OPENS:
            row[9], row[10] = f"{decided:%d/%m/%Y}", f"{decided + timedelta(days=2):%d/%m/%Y}"
    else:
        row[7], row[8] = "Inappropriate", ""


PATHWAY_HEADER = words(
    "Pathway ID,NHS Number,From Provider,Original Referral Received,Clock Start,Service,State On Transfer,Next Action,"
    "Next Action Due,Referring Practice",
    ",",
)
TAKEN_OVER = 42
LAST_BEFORE = date(2026, 9, 30)
STANDS = (
    (("Awaiting first appointment", "Book"), 33),
    (("In treatment", "Treat"), 24),
    (("Appointment booked", "Attend"), 14),
    (("Awaiting follow-up", "Book"), 11),
    (("Awaiting diagnostics", "Obtain result"), 6),
)
"""State and next action of what the MSK service took over, in about the shares of the caseload of seed 002. By December nobody
of them awaits triage any more."""


def make_pathways(rng: random.Random, people: list[Patient], referred: set[str]) -> list[list[str]]:
    """What the MSK service took over from two trusts on 1 October: some actions overdue, more to come, a few without a day."""
    grown = [p for p in people if p.age >= 16 and p.left is None and p.status == "Current" and p.nhs not in referred]
    rows = []
    for number, person in enumerate(sorted(rng.sample(grown, TAKEN_OVER), key=lambda p: p.emis)):
        received = LAST_BEFORE - timedelta(days=0 if number == 0 else rng.randint(1, 240))
        (state, action), stream = rng.choices([s for s, _ in STANDS], [n for _, n in STANDS])[0], rng.choice(STREAMS)
        if state == "Awaiting diagnostics":
            stream = "Ultrasound"
        due = MONDAY + timedelta(days=rng.randint(-25, 30))
        rows.append(
            [
                f"T{number + 1:05d}",
                person.nhs,
                rng.choice(("Acute trust", "Community trust")),
                f"{received:%d/%m/%Y}",
                f"{received:%d/%m/%Y}",
                stream,
                state,
                action,
                "" if rng.random() < 0.1 else f"{due:%d/%m/%Y}",
                "Y99002",
            ]
        )
    return rows


def write_rows(path: Path, rows: list[list[str]]) -> None:
    """Write a file of rows; CRLF throughout."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\r\n").writerows(rows)


# --- what is coded about them --------------------------------------------------------------------------------------------

ENTRY_HEADER = words("nhs_number,code,date,value,unit,organisation,term", ",")
HERE, TRUST = "Y99002", "Y99902"
RECORDED_TO = date(2026, 12, 4)


def verhoeff(digits: str) -> str:
    """The check digit that SNOMED CT ends its identifiers with (clinical.md 6.3)."""
    # The dihedral group of the regular pentagon, and a permutation that depends on the place.
    check = 0
    for place, digit in enumerate(reversed(digits + "0")):
        turned = int(digit)
        for _ in range(place % 8):
            turned = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[turned]
        check = _turn(check, turned)
    return str((0, 4, 3, 2, 1, 5, 6, 7, 8, 9)[check])


def _turn(a: int, b: int) -> int:
    if a < 5:
        return (a + b) % 5 if b < 5 else (a + b - 5) % 5 + 5
    return (a - 5 - b) % 5 + 5 if b < 5 else (a - b) % 5


def invented(item: int) -> str:
    """An identifier of the namespace 9999999, which SNOMED International has given to nobody we know of."""
    digits = f"{item}9999999" + "10"
    return digits + verhoeff(digits)


DEMONSTRATION_SETS = (
    ("AST_COD", "Asthma"),
    ("ASTRES_COD", "Asthma resolved"),
    ("DM_COD", "Type 2 diabetes"),
    ("DMRES_COD", "Diabetes resolved"),
    ("HYP_COD", "Hypertension"),
    ("HYPRES_COD", "Hypertension resolved"),
    ("LIT_COD", "Lithium prescribed"),
    ("LITSTP_COD", "Lithium stopped"),
    ("FLU_DECLINED", "Seasonal flu vaccine declined"),
    ("ALCSCRNDEC_COD", "Alcohol screening declined"),
)
"""Sets of which the facts name no member. Their codes here are invented, and say so."""
SETS = {
    key: (invented(100 + n), f"{term} (demonstration code, not SNOMED CT)")
    for n, (key, term) in enumerate(DEMONSTRATION_SETS)
}
TERMS = {
    "58214004": "Schizophrenia",
    "13746004": "Bipolar disorder",
    "69322001": "Psychotic disorder",
    "1127191000000108": "First episode psychosis",
    "111483008": "Schizophrenia, mania or bipolar disorder in remission",
    "271649006": "Systolic blood pressure",
    "271650006": "Diastolic blood pressure",
    "60621009": "Body mass index",
    "1082641000000106": "Alcohol units consumed per week",
    "1005671000000105": "Serum cholesterol level",
    "999791000000106": "HbA1c level, IFCC standardised",
    "1010671000000102": "Plasma glucose level",
    "266919005": "Never smoked tobacco",
    "8517006": "Ex-smoker",
    "77176002": "Smoker",
    "736013005": "Body weight measurement declined",
    "116471000119100": "Blood test declined",
    "717051000000101": "Mental health PCA: informed dissent",
    "394700004": "Asthma annual review",
    "314530002": "Medication review done",
    "822851000000102": "Seasonal influenza vaccination",
    **dict(SETS.values()),
}
SIX = ("bp", "bmi", "alcohol", "lipid", "glucose", "smoking")


@dataclass
class Chart:
    """Writes one person's coded entries."""

    rng: random.Random
    person: Patient
    rows: list[list[str]]

    def add(self, code: str, day: date, value: str = "", unit: str = "", at: str = HERE) -> None:
        """One entry, if it lies within the file's years and the person's life."""
        if self.person.born < day <= RECORDED_TO:
            self.rows.append([self.person.nhs, code, day.isoformat(), value, unit, at, TERMS[code]])

    def ago(self, months: float, at_least: float = 0) -> date:
        """A day at most so many months before the file, and at least so many."""
        days = self.rng.uniform(at_least * 30.4, months * 30.4)
        return RECORDED_TO - timedelta(days=int(days))

    def check(self, part: str, day: date, at: str = HERE) -> None:
        """One of the six checks, as a practice codes it."""
        rng = self.rng
        if part == "bp":
            top = int(min(210, max(92, rng.gauss(132, 15))))
            self.add("271649006", day, str(top), "mm[Hg]", at)
            self.add("271650006", day, str(int(min(top - 20, max(48, rng.gauss(80, 9))))), "mm[Hg]", at)
        elif part == "bmi":
            self.add("60621009", day, f"{min(46, max(17, rng.gauss(27.5, 5))):.1f}", "kg/m2", at)
        elif part == "alcohol":
            self.add("1082641000000106", day, str(max(0, int(rng.gauss(7, 8)))), "units/week", at)
        elif part == "lipid":
            self.add("1005671000000105", day, f"{min(8, max(2.8, rng.gauss(5, 1))):.1f}", "mmol/L", at)
        elif part == "glucose":
            self.add("999791000000106", day, str(int(min(110, max(29, rng.gauss(40, 8))))), "mmol/mol", at)
        else:
            self.add(rng.choices(("266919005", "8517006", "77176002"), (50, 28, 22))[0], day, at=at)


def make_entries(rng: random.Random, people: list[Patient]) -> list[list[str]]:
    """Three years of coded entries: the registers, what was measured, flu; by person, then by day."""
    rows: list[list[str]] = []
    current = [p for p in people if p.status == "Current"]
    on_smi = [p for p in current if p.smi]
    for person in current:
        chart = Chart(rng, person, [])
        routine(chart)
        if person.smi:
            smi(chart, on_smi.index(person))
        if person.mobile == PORTAL_MOBILE:
            chart.rows = long_due(person)
        rows += sorted(chart.rows, key=lambda row: row[2])
    return rows


def long_due(person: Patient) -> list[list[str]]:
    """The patient whom one may sign in as: hypertension whose blood pressure nobody here has looked at, so the first run asks."""
    chart = Chart(random.Random(SEED), person, [])
    chart.add(SETS["HYP_COD"][0], date(2023, 12, 11))
    chart.add("8517006", date(2024, 5, 14))
    chart.add("60621009", date(2024, 5, 14), "27.1", "kg/m2")
    return chart.rows


def routine(chart: Chart) -> None:
    """What any practice holds of anybody: the long-term registers and their reviews, measurements, flu."""
    rng, person = chart.rng, chart.person
    kinds = {visit.kind for visit in person.visits}
    asthma = person.age >= 6 and ("Asthma review" in kinds or rng.random() < 0.05)
    diabetes = person.age >= 30 and rng.random() < (0.04 if person.age < 50 else 0.13)
    hypertension = person.age >= 40 and rng.random() < (0.1 if person.age < 60 else 0.34)
    for ill, key in ((asthma, "AST_COD"), (diabetes, "DM_COD"), (hypertension, "HYP_COD")):
        if ill:
            chart.add(SETS[key][0], chart.ago(36, 13))
    if asthma:
        if rng.random() < 0.04:
            chart.add(SETS["ASTRES_COD"][0], chart.ago(10))
        yearly(chart, 0.45, lambda day: chart.add("394700004", day))
    if diabetes:
        yearly(chart, 0.6, lambda day: chart.check("glucose", day))
    if not person.smi:
        often = 0.72 if diabetes or hypertension else 0.3 if person.age >= 40 else 0.0
        yearly(chart, often, lambda day: chart.check("bp", day))
        yearly(chart, 0.25 if person.age >= 18 else 0.0, lambda day: chart.check("smoking", day))
        yearly(chart, 0.2 if person.age >= 18 else 0.0, lambda day: chart.check("bmi", day))
    if asthma or diabetes or hypertension:
        yearly(chart, 0.5, lambda day: chart.add("314530002", day))
    if person.age >= 65 or diabetes:
        for season in (2024, 2025, 2026):
            said = rng.random()
            day = date(season, 10, 1) + timedelta(days=rng.randint(0, 62))
            if said < (0.55 if season == 2026 else 0.75):
                chart.add("822851000000102", day)
            elif said > 0.95:
                chart.add(SETS["FLU_DECLINED"][0], day)


def yearly(chart: Chart, chance: float, do: Callable[[date], None]) -> None:
    """In each of three years, by chance."""
    for year in (2, 1, 0):
        if chart.rng.random() < chance:
            do(chart.ago(12 * year + 12, 12 * year))


def smi(chart: Chart, n: int) -> None:
    """Whoever is on the register of severe mental illness, each in their own way; README.md says who is what."""
    rng = chart.rng
    begun = chart.ago(36, 26)
    if n == 1:
        # Lithium and no diagnosis: in the contract's count alone.
        for months in (20, 14, 8, 2):
            chart.add(SETS["LIT_COD"][0], chart.ago(months, months - 1))
        for part in ("bp", "smoking"):
            chart.check(part, chart.ago(9, 2))
        return
    code = "1127191000000108" if n == 2 else rng.choice(("58214004", "13746004", "13746004", "69322001"))
    chart.add(code, chart.ago(4, 2) if n == 2 else begun)
    if n == 2:
        chart.check("smoking", chart.ago(2))
        return
    missing: dict[int, tuple[str, ...]] = {
        # Complete.
        3: (), 9: (), 14: (),
        # One short: four of them by blood, three by a text.
        4: ("lipid",), 5: ("glucose",), 6: ("bp",), 10: ("smoking",), 11: ("lipid",), 12: ("alcohol",), 15: ("lipid",),
        # Two short.
        7: ("lipid", "glucose"), 13: ("bmi", "alcohol"), 16: ("lipid", "glucose"), 17: ("bp", "lipid"),
        # Further.
        8: ("bp", "bmi", "lipid", "glucose"), 18: SIX, 19: SIX[:5], 20: SIX[2:], 21: ("bmi", "lipid", "glucose"),
    }  # fmt: skip
    lacks = missing.get(n, SIX)
    # The year before: most had most of it, which counts no more.
    for part in SIX:
        if rng.random() < 0.7:
            chart.check(part, chart.ago(24, 13))
    visit = chart.ago(10, 1)
    for part in SIX:
        if part not in lacks:
            # One in five was done at the mental health trust, which sent it in.
            at = TRUST if rng.random() < 0.2 else HERE
            chart.check(part, visit if rng.random() < 0.7 else chart.ago(11, 0.2), at)
    if n == 0:
        chart.add("111483008", chart.ago(12, 6))
    elif n == 11:
        chart.add("116471000119100", chart.ago(3))
    elif n == 12:
        chart.add(SETS["ALCSCRNDEC_COD"][0], chart.ago(3))
    elif n == 13:
        chart.add("736013005", chart.ago(3))
    elif n == 19:
        chart.add("717051000000101", chart.ago(3))


def damaged_entries(rows: list[list[str]], people: list[Patient]) -> list[list[str]]:
    """Put eight rows that cannot be believed at the end, four of them checks that the mental health trust did."""
    on = [p.nhs for p in people if p.status == "Current" and p.smi]
    bad = [
        [on[4], "1005671000000106", "2026-10-06", "5.1", "mmol/L", TRUST, ""],
        [on[5], "999791000000106", "2026-09-15", "7.1", "", TRUST, ""],
        [on[16], "1005671000000105", "2026-09-22", "5.4", "mg/dL", TRUST, ""],
        [on[17], "271649006", "2026-08-03", "1280", "mm[Hg]", TRUST, ""],
        [on[9], "506701000000100", "2026-06-17", "11", "", HERE, ""],
        [on[7], "266919005", "2027-01-12", "", "", HERE, ""],
        [on[8], "60621009", "2026-07-09", "27,4", "kg/m2", HERE, ""],
        ["9991900013", "8517006", "2026-05-20", "", "", HERE, ""],
    ]
    return [*rows, *bad]


# --- the month before ------------------------------------------------------------------------------------------------

NOVEMBER = [
    day for day in (date(2026, 11, 2) + timedelta(days=n) for n in range(29)) if day.month == 11 and day.weekday() < 5
]
GIVEN_UP_HEADER = [*DIARY_HEADER, "Given Up On"]
NOVEMBER_SESSIONS = (
    Session(GPS[0], "GP Surgery", 10, 8, 0, (("Face to face", 60), ("Telephone", 40))),
    Session("Nurse C Whitlock", "Nurse Clinic", 15, 8, 0, (("Asthma review", 40), ("Dressing", 60))),
    Session("HCA M Oduya", "Health Checks", 20, 4, 4, (("Blood test", 55), ("Blood pressure", 45))),
    Session("Physio J Hallam", "First Contact Physio", 20, 4, 4, (("MSK assessment", 1),)),
)


def make_november(rng: random.Random, people: list[Patient]) -> list[list[str]]:
    """Who had which place in November and what became of it: seen, missed, or given up, by the day on which they said so. Of a
    place that was given up and taken by somebody else there are two rows."""
    rows: list[list[str]] = []
    # Whoever needs an interpreter would be on the list of those to book one for, months after their visit.
    current = [p for p in people if p.status == "Current" and p.language == "English" and not p.need]
    seen: dict[date, set[str]] = {day: set() for day in NOVEMBER}

    def somebody(slot: Slot) -> Patient:
        suits = ELIGIBLE.get(slot.kind)
        person = next(
            p for p in rng.sample(current, len(current)) if (suits is None or suits(p)) and p.nhs not in seen[slot.day]
        )
        seen[slot.day].add(person.nhs)
        return person

    for day in NOVEMBER:
        for session in NOVEMBER_SESSIONS:
            for opens, count in ((time(8, 40), session.morning), (time(14, 0), session.afternoon)):
                for n in range(count):
                    start = (datetime.combine(day, opens) + timedelta(minutes=n * session.minutes)).time()
                    slot = Slot(day, start, session.minutes, session.holder, session.name, pick(rng, session.kinds))
                    if rng.random() < 0.06:
                        slot.status = "Available"
                        rows.append([*slot_row(slot), ""])
                        continue
                    slot.patient, ahead = somebody(slot), rng.randint(3, 24)
                    slot.booked_on = day - timedelta(days=ahead)
                    given_up = None
                    if rng.random() < 0.09:
                        given_up = day - timedelta(days=min(ahead - 1, pick_days(rng)))
                        slot.status = "Cancelled"
                        rows.append([*slot_row(slot), export_date(given_up)])
                        if rng.random() >= 0.35:
                            continue
                        slot.patient, slot.booked_on = somebody(slot), given_up
                    slot.status = "DNA" if rng.random() < 0.07 else "Left"
                    rows.append([*slot_row(slot), ""])
    return rows


def pick_days(rng: random.Random) -> int:
    """How many days before their visit somebody says that they will not come: few, and now and then many."""
    return int(pick(rng, (("0", 16), ("1", 26), ("2", 20), ("3", 14), ("5", 12), ("8", 8), ("13", 4))))


def main() -> None:
    """Write the files and print where the damaged rows are."""
    parser = argparse.ArgumentParser(description="Write the demonstration practice.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="directory to write to")
    folder: Path = parser.parse_args().out
    rng = random.Random(SEED)
    people = make_people(rng)
    gone = some_leave(rng, people)
    slots = make_slots(rng)
    parent = family_phone(rng, slots, people)
    still_booked(rng, slots, gone)
    personas = make_personas(Cast(rng, slots, people), parent)
    fill(rng, slots, people)

    days = random.Random(SEED)
    rows = [[*patient_row(rng, p), export_date(registered(days, p))] for p in people]
    # The one typographic apostrophe, a byte that is no Latin-1 letter: it tells Windows-1252 from its neighbours.
    curly = next(r for r in rows if r[5] == "O'Connell")
    curly[5] = "O\u2019Connell"
    rows, bad = spoil(PATIENT_HEADER, rows, damaged_patients(rng, rows))
    run = f"Run: {export_date(RUN_ON)} {RUN_AT:%H:%M}"
    write_export(folder / "patients.csv", "Patient list - all registered", run, PATIENT_HEADER, rows, "cp1252")

    lines = [slot_row(s) for s in slots]
    lines, worse = spoil(DIARY_HEADER, lines, damaged_slots(lines, people))
    scope = f"Date range: {export_date(DAYS[0])} to {export_date(DAYS[-1])}; all session holders; Main site"
    write_export(folder / "diary.csv", "Appointment slots", scope, DIARY_HEADER, lines, "utf-8-sig")

    write_rows(folder / "november.csv", [GIVEN_UP_HEADER, *make_november(random.Random(SEED), people)])

    referrals = make_referrals(random.Random(SEED), people)
    write_rows(folder / "referrals.csv", [REFERRAL_HEADER, *referrals])
    pathways = make_pathways(random.Random(SEED), people, {row[1] for row in referrals})
    write_rows(folder / "pathways.csv", [PATHWAY_HEADER, *pathways])

    entries = damaged_entries(make_entries(random.Random(SEED), people), people)
    write_rows(folder / "entries.csv", [ENTRY_HEADER, *entries])
    sets = [[key, "", code, term] for key, (code, term) in SETS.items()]
    write_rows(folder / "reference-sets.csv", [words("cluster_id,refset_id,code,term", ","), *sets])

    text = json.dumps(personas, indent=2, ensure_ascii=False)
    (folder / "personas.json").write_text(text + "\n", encoding="utf-8")
    for name, found in (("patients.csv", bad), ("diary.csv", worse)):
        for d in found:
            print(f"{name} line {d.line}: {d.column or 'whole row'} {d.value!r}: {d.fault}")


if __name__ == "__main__":
    main()
