"""Sets of domains, of which each in turn is the target and the others its sources."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer

import headstart as hs

from ..pairs import SHARED, MissingData

DATA = SHARED / "data"
# School: so many of the largest schools are targets, and of the next largest so many the sources of all of them.
SCHOOL_TARGETS, SCHOOL_SOURCES = 8, 8
WORDS = 100


def heart() -> dict[str, hs.Domain]:
    """Four hospitals; the embedded data."""
    found = hs.datasets.load_heart()
    return {name: hs.Domain(d.X.reset_index(drop=True), np.asarray(d.y), name=name) for name, d in found.items()}


def wages() -> dict[str, hs.Domain]:
    """Six surveys of wages, the columns of one meaning under one name; each survey lacks some of them."""
    read = {
        "CPS 1985": _cps85, "PSID 1982": _psid82, "Mid-Atlantic": _midatlantic, "SLID Ontario": _slid,
        "NLS 1980": _nls80, "CPS 1978 and 1985": _cps78,
    }  # fmt: skip
    found = {}
    for name, reader in read.items():
        frame, label = reader()
        known = np.isfinite(label)
        found[name] = hs.Domain(frame[known].reset_index(drop=True), np.asarray(label)[known], name=name)
    return found


def _cps85() -> tuple[pd.DataFrame, pd.Series]:
    t = _table("wages_5_surveys", "cps1985_us")
    frame = pd.DataFrame(
        {
            "education": t.education, "experience": t.experience, "age": t.age, "female": t.gender == "female",
            "married": t.married == "yes", "union": t.union == "yes", "white": t.ethnicity == "cauc",
            "south": t.region == "south",
        }
    )  # fmt: skip
    return frame.astype(float), np.log(t.wage)


def _psid82() -> tuple[pd.DataFrame, pd.Series]:
    t = _table("wages_5_surveys", "psid1982_us")
    frame = pd.DataFrame(
        {
            "education": t.education, "experience": t.experience, "weeks": t.weeks, "female": t.gender == "female",
            "married": t.married == "yes", "union": t.union == "yes", "white": t.ethnicity == "other",
            "south": t.south == "yes", "urban": t.smsa == "yes",
        }
    )  # fmt: skip
    return frame.astype(float), np.log(t.wage)


def _midatlantic() -> tuple[pd.DataFrame, pd.Series]:
    t = _table("wages_5_surveys", "wage_midatlantic_2003_2009")
    years = t.education.str[0].map({"1": 10.0, "2": 12.0, "3": 14.0, "4": 16.0, "5": 18.0})
    married, white = t.maritl.str.startswith("2"), t.race.str.startswith("1")
    frame = pd.DataFrame({"education": years, "age": t.age, "married": married, "white": white})
    return frame.astype(float), t.logwage


def _slid() -> tuple[pd.DataFrame, pd.Series]:
    t = _table("wages_5_surveys", "slid_ontario")
    frame = pd.DataFrame({"education": t.education, "age": t.age, "female": t.sex == "Female"})
    return frame.astype(float), np.log(t.wages)


def _nls80() -> tuple[pd.DataFrame, pd.Series]:
    t = _table("wages_5_surveys", "nls80_wage2")
    frame = pd.DataFrame(
        {
            "education": t.educ, "experience": t.exper, "age": t.age, "married": t.married, "white": 1 - t.black,
            "south": t.south, "urban": t.urban, "IQ": t.IQ, "tenure": t.tenure,
        }
    )  # fmt: skip
    return frame.astype(float), t.lwage


def _cps78() -> tuple[pd.DataFrame, pd.Series]:
    t = _table("wages_5_surveys", "cps78_85")
    frame = pd.DataFrame(
        {
            "education": t.educ, "experience": t.exper, "age": t.age, "female": t.female, "married": t.married,
            "union": t.union, "white": 1 - t.nonwhite, "south": t.south,
        }
    )  # fmt: skip
    return frame.astype(float), t.lwage


def reviews() -> dict[str, hs.Domain]:
    """Seven domains of reviews, favourable or not: which of the most frequent words each one has."""
    parts = [_table("reviews_text_7_domains", name) for name in ("amazon4", "imdb_airline_blog")]
    table = pd.concat(parts, ignore_index=True).drop_duplicates("text")
    words = CountVectorizer(max_features=WORDS, binary=True).fit_transform(table["text"]).toarray().astype(float)
    label, domain = table["label"].to_numpy(), table["domain"].to_numpy()
    return {str(n): hs.Domain(words[domain == n], label[domain == n], name=str(n)) for n in np.unique(domain)}


def bikes() -> dict[str, hs.Domain]:
    """Hourly hire in three cities, on a log scale, from clock and weather."""
    w, london = _table("bikes_3_cities", "washington"), _table("bikes_3_cities", "london")
    seoul = _table("bikes_3_cities", "seoul")
    seoul = seoul[seoul.FunctioningDay == "Yes"]
    stamp = pd.to_datetime(london.timestamp, format="%d-%m-%Y %H:%M")
    day = pd.to_datetime(seoul.Date, format="%d/%m/%Y")
    names = ["hour", "month", "weekend", "holiday", "temperature", "humidity", "wind"]
    hours = {
        "Washington": (w.hour, w.month, w.weekday.isin([0, 6]), w.holiday),
        "London": (stamp.dt.hour, stamp.dt.month, london.is_weekend, london.is_holiday),
        "Seoul": (seoul.Hour, day.dt.month, day.dt.weekday >= 5, seoul.Holiday != "NoHoliday"),
    }
    weather = {
        "Washington": (w.temp * 41, w.humidity * 100, w.windspeed * 67),
        "London": (london.t1, london.hum, london.wind_speed),
        "Seoul": (seoul.Temperature, seoul.Humidity, seoul.WindSpeed * 3.6),
    }
    counts = {"Washington": w["count"], "London": london.cnt, "Seoul": seoul.RentedBikeCount}
    return {
        city: hs.Domain(
            pd.DataFrame(dict(zip(names, hours[city] + weather[city], strict=True)))
            .astype(float)
            .reset_index(drop=True),
            np.log1p(count.to_numpy(dtype=float)),
            name=city,
        )
        for city, count in counts.items()
    }


def school() -> dict[str, hs.Domain]:
    """Marks in schools of London: the largest are targets, the next largest are sources."""
    path = DATA / "school_ilea_139" / "school.npz"
    _require(path)
    held = np.load(path)
    X, y, of = held["X"][:, :-1].astype(float), held["y"].astype(float), held["school"]
    names, sizes = np.unique(of, return_counts=True)
    largest = names[np.argsort(-sizes, kind="stable")][: SCHOOL_TARGETS + SCHOOL_SOURCES]
    return {f"school {n}": hs.Domain(X[of == n], y[of == n], name=f"school {n}") for n in largest}


SETS: dict[str, Callable[[], dict[str, hs.Domain]]] = {
    "heart": heart, "wages": wages, "reviews": reviews, "bikes": bikes, "school": school,
}  # fmt: skip


def targets_and_sources(name: str, domains: dict[str, hs.Domain]) -> dict[str, list[str]]:
    """The sources of each target."""
    if name == "school":
        listed = list(domains)
        return dict.fromkeys(listed[:SCHOOL_TARGETS], listed[SCHOOL_TARGETS:])
    return {t: [s for s in domains if s != t] for t in domains}


def _table(folder: str, name: str) -> pd.DataFrame:
    path = DATA / folder / f"{name}.parquet"
    _require(path)
    return pd.read_parquet(path)


def _require(path: object) -> None:
    from pathlib import Path

    if not Path(str(path)).exists():
        raise MissingData(f"{path} is missing: the set needs the folder of data files beside the repository")
