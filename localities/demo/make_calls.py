"""Make the demonstration's log of calls: `python3 localities/demo/make_calls.py > localities/demo/calls.csv`.

It gives seed 002's published figures by X-on's definition: 96% answered, 36 s on average. The seed publishes nothing else:
number, days, menus and call-backs are invented. The same file every time.
"""

import csv
import random
import sys
from datetime import datetime, timedelta

REACHED, ANSWERED, HUNG_UP_IN_MENU, MEAN = 1_000, 960, 70, 36
FIRST = datetime(2026, 11, 2, 8, 0)  # noqa: DTZ001
LINE = "01632 960000"
HEADER = (
    *("Call ID", "Number Dialled", "Started", "Menu Ended", "Joined Queue", "Call-back Requested", "Answered", "Ended"),
    *("Ended By", "Call-back Made"),
)


def main() -> None:
    """Write the log."""
    chance = random.Random(2)
    waits = [max(1, round(chance.expovariate(1 / MEAN))) for _ in range(ANSWERED)]
    spread = MEAN * ANSWERED - sum(waits)
    while spread:
        at, step = chance.randrange(ANSWERED), 1 if spread > 0 else -1
        if waits[at] + step > 0:
            waits[at] += step
            spread -= step
    ways = ["answered"] * ANSWERED + ["missed"] * (REACHED - ANSWERED) + ["menu"] * HUNG_UP_IN_MENU
    chance.shuffle(ways)
    days = [FIRST + timedelta(days=day) for day in range(28) if (FIRST + timedelta(days=day)).weekday() < 5]
    starts = sorted(chance.choice(days) + timedelta(seconds=chance.randrange(10 * 3600)) for _ in ways)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(HEADER)
    for number, (start, way) in enumerate(zip(starts, ways, strict=True), 1):
        menu = start + timedelta(seconds=chance.randint(8, 25))
        row = [f"C{number:05d}", LINE, start, "", "", "", "", "", "Caller", ""]
        if way == "menu":
            row[7] = menu
        else:
            row[3] = row[4] = menu
            if way == "answered":
                row[6] = menu + timedelta(seconds=waits.pop())
                row[7] = row[6] + timedelta(seconds=chance.randint(40, 560))
                row[8] = chance.choice(("Caller", "Caller", "Handler"))
            else:
                row[7] = menu + timedelta(seconds=chance.randint(20, 300))
                if chance.random() < 0.4:
                    row[5] = row[7]
                    row[8] = "System"
                    row[9] = row[7] + timedelta(minutes=chance.randint(10, 150)) if chance.random() < 0.9 else ""
        out.writerow(row)


main()
