"""What match_columns proposes between tables of houses and of wages, counted against columns matched by hand.

    python -m benchmarks.column_matches

Six towns' house sales and six surveys of wages, every pair of each kind. Labels, and what is computed from them, are
left out, as they would be. Needs the folder of data files beside the repository.
"""

from __future__ import annotations

import argparse
import csv
import itertools
from pathlib import Path

import pandas as pd

import headstart as hs

from .pairs import SHARED

FIELDS = ["tables", "pairs", "kind", "right", "wrong", "missed"]
FOLDERS = {"houses": "house_prices_6_cities", "wages": "wages_5_surveys"}
# Each line holds the names under which one thing goes.
SAME = """
area SquareFeet sqft livingArea
lotSize Lot.Area lotsize LotSize land
bedrooms beds Bedrooms Bedroom.AbvGr
baths bathrooms Baths Full.Bath
rooms TotRms.AbvGrd
Year.Built YearBuilt
Yr.Sold YearSold
Mo.Sold MonthSold
fireplaces Fireplaces
heating Heating
garage Garage.Cars
aircon centralAir Central.Air
education educ
experience exper
gender female sex
married maritl
ethnicity race nonwhite black
region south
sector industry
urban smsa
"""
LABELS = {"price", "SalePrice", "ListPrice", "OrigPrice", "CostPerSqFt", "SPLPPct", "lprice", "rprice", "lrprice"}
LABELS |= {"wage", "wages", "lwage", "logwage", "Order", "PID"}


def main() -> None:
    """Count, print every wrong and every weak proposal, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.column_matches", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "column_matches.csv")
    a = parser.parse_args()
    concept = {name: line.split()[0] for line in SAME.strip().splitlines() for name in line.split()}
    with a.out.open("w", newline="") as file:
        table = csv.DictWriter(file, FIELDS, lineterminator="\n")
        table.writeheader()
        for tables, folder in FOLDERS.items():
            for row in count(SHARED / "data" / folder, concept):
                table.writerow({"tables": tables, **row})
                print({"tables": tables, **row})


def count(folder: Path, concept: dict[str, str]) -> list[dict[str, object]]:
    """One row for proposals by name or levels, one for those by values alone."""
    frames = {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
    frames = {name: t.drop(columns=[c for c in t.columns if c in LABELS]) for name, t in frames.items()}
    counts = {weak: {"right": 0, "wrong": 0} for weak in (False, True)}
    missed = 0
    pairs = list(itertools.combinations(frames, 2))
    for a, b in pairs:
        found = hs.match_columns(frames[a], frames[b])
        for m in found.matches:
            right = concept.get(m.target, m.target) == concept.get(m.source, m.source)
            counts[m.weak]["right" if right else "wrong"] += 1
            if m.weak or not right:
                print(f"{a} / {b}: {m.target} = {m.source}, {'right' if right else 'WRONG'}; {'; '.join(m.reasons)}")
        missed += sum(concept.get(t, t) == concept.get(s, s) for t in found.only_target for s in found.only_source)
    return [
        {"pairs": len(pairs), "kind": "by values alone" if weak else "by names or levels", **tally}
        | ({} if not weak else {"missed": missed})
        for weak, tally in counts.items()
    ]


if __name__ == "__main__":
    main()
