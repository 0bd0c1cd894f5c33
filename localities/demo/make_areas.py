"""Make the demonstration's look-up of deprivation: `python3 localities/demo/make_areas.py > localities/demo/areas.csv`.

In the layout of the postcode look-up of the English Indices of Deprivation. Postcodes, areas and deciles are invented: a decile
for each first part of a postcode, a little more or less within it. Some postcodes of the patient lists are left out, as in a
real look-up those are that are newer than it. The same file every time.
"""

import csv
import sys
from pathlib import Path

HERE = Path(__file__).parent
HEADER = (
    *("Postcode", "Postcode Status", "LSOA code", "LSOA Name", "Index of Multiple Deprivation Rank"),
    "Index of Multiple Deprivation Decile",
)
DECILES = {"ZZ1": 2, "ZZ2": 1, "ZZ3": 8, "ZZ4": 4, "ZZ5": 3, "ZZ6": 6, "ZZ7": 9, "ZZ8": 5, "ZZ9": 10}
LSOAS = 32_844
"""Areas of England in the indices of 2019."""


def main() -> None:
    """Write the look-up."""
    postcodes = set()
    for file in (HERE / "patients.csv", HERE / "millford-patients.csv", *(HERE / "neighbours").glob("patients-*.csv")):
        rows = list(csv.reader(file.read_text(encoding="cp1252").splitlines()))
        header = next(row for row in rows if "Postcode" in row)
        place = header.index("Postcode")
        postcodes |= {row[place] for row in rows if len(row) > place and row[place][:3] in DECILES}
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(HEADER)
    for postcode in sorted(postcodes):
        outward, inward = postcode.split(" ")
        if inward[1] in "AQU":
            continue
        decile = min(10, max(1, DECILES[outward] + int(inward[0]) % 3 - 1))
        if outward == "ZZ9":
            # Wide country with practices of its own: rich and poor live next to each other.
            decile = 1 + (ord(inward[1]) * 7 + ord(inward[2]) * 3 + 8) % 10
        rank = round(LSOAS * (decile - 0.5) / 10)
        out.writerow(
            [postcode, "Live", f"E990000{outward[2]}{inward[0]}", f"Wexshire 00{outward[2]}{inward[0]}", rank, decile]
        )


main()
