"""Turn the CSV files of benchmarks/results into Markdown: results/summary.md and the tables of the README.

python -m benchmarks.report
"""

from __future__ import annotations

import platform
import re
from pathlib import Path

import pandas as pd

from .accuracy.ours import ALONE, PLAIN, TUNED
from .accuracy.protocol import HARM

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
KEY = ["pair", "n", "repeat"]
POLICIES = ["ours: blend", "ours: strict", "ours: best"]
# Pairs whose domains have different columns.
DIFFERENT = ["digits_optical_to_pen", "houses_saratoga_to_sacramento", "wages_cps_to_psid"]
FEWEST_CELLS = 5


def main() -> None:
    """Write the summary, and put the tables between the README's markers."""
    accuracy, speed, rest = [], speed_tables(), coverage_table() + prior_table() + diagnosis_table()
    rest += aligner_tables() + matches_table()
    for pairset in ("shared", "public"):
        path = RESULTS / f"accuracy_{pairset}.csv"
        if path.exists():
            accuracy += accuracy_tables(pd.read_csv(path), pairset)
    lines = ["# Results", "", machine(), "", "## Accuracy", "", *accuracy, *rest, "## Speed", "", *speed]
    (RESULTS / "summary.md").write_text("\n".join(lines).rstrip() + "\n")
    readme = HERE.parent / "README.md"
    text = readme.read_text()
    text = between(text, "accuracy", "\n".join(readme_table()))
    text = between(text, "speed", "\n".join(readme_speed()))
    readme.write_text(text)


def machine() -> str:
    """The machine that the report is made on, which is the one that measured."""
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{system}; times are CPU seconds of one thread."


def between(text: str, name: str, body: str) -> str:
    """``text`` with ``body`` between its two markers; as it was where there is no body or no marker."""
    start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    if not body or start not in text or end not in text:
        return text
    return re.sub(
        re.escape(start) + ".*?" + re.escape(end), lambda _: f"{start}\n{body.strip()}\n{end}", text, flags=re.S
    )


def with_gains(table: pd.DataFrame) -> pd.DataFrame:
    """Each score less that of our tuned target-only learner, and of the plain linear one, in the same cell."""
    table = table.drop_duplicates([*KEY, "method"], keep="last")
    for method, column in ((TUNED, "gain"), (PLAIN, "over_plain")):
        base = table[table["method"] == method].set_index(KEY)["score"].rename("base")
        table = table.join(base, on=KEY)
        table[column] = table["score"] - table.pop("base")
    return table[table["gain"].notna()]


def of_methods(table: pd.DataFrame) -> pd.DataFrame:
    """One line a method: cells, mean gains, harm, the worst pair, time, and the mean of ours in the same cells."""
    blend = table[table["method"] == POLICIES[0]].set_index(KEY)["gain"].rename("blend")
    lines = []
    for method, rows in table.groupby("method"):
        of_pair = rows.groupby("pair")["gain"].mean()
        ours = rows.join(blend, on=KEY)["blend"].mean()
        lines.append(
            {
                "method": method,
                "cells": len(rows),
                "pairs": len(of_pair),
                "mean gain": rows["gain"].mean(),
                "median gain": rows["gain"].median(),
                "over plain linear": rows["over_plain"].mean(),
                "harm": (rows["gain"] < -HARM).mean(),
                "worst pair": of_pair.min(),
                "of which": of_pair.idxmin(),
                "CPU s": rows["seconds"].median(),
                "blend in the same cells": ours,
            }
        )
    return pd.DataFrame(lines).sort_values("mean gain", ascending=False)


def accuracy_tables(table: pd.DataFrame, pairset: str) -> list[str]:
    """All that is said of a set of pairs."""
    gains = with_gains(table)
    listed = of_methods(gains)
    listed = listed[listed["cells"] >= FEWEST_CELLS]
    own = gains[gains["method"].str.startswith(("ours", "target only"))]
    versions = ", ".join(sorted(own["version"].astype(str).unique()))
    where = "files beside the repository" if pairset == "shared" else "what anyone can install"
    blend = gains[gains["method"] == POLICIES[0]]
    out = [
        f"### Pairs: {pairset} ({where})",
        "",
        f"{blend['pair'].nunique()} pairs, {len(blend)} cells (pair, number of labels, repeat; "
        f"{blend['repeat'].nunique()} repeats at most), headstart at commit {versions}. Gain: AUC, accuracy or R2 less "
        "that of our own tuned target-only learner in the same cell. Harm: share of cells with a gain below -0.01. Not "
        "every method was run on every cell: compare with the blend in the same cells, the last column.",
        "",
    ]
    peers = listed[~listed["method"].str.startswith("candidate")]
    out += [markdown(peers), ""]
    out += [f"#### The policies by metric and columns ({pairset})", "", markdown(by_kind(gains)), ""]
    out += [f"#### The blend by pair ({pairset})", "", markdown(by_pair(gains)), "", hindsight(gains), ""]
    candidates = listed[listed["method"].str.startswith("candidate")].drop(columns="blend in the same cells")
    out += [f"#### Candidates on their own ({pairset})", "", markdown(candidates), ""]
    return out


def by_kind(gains: pd.DataFrame) -> pd.DataFrame:
    """Means of AUC, accuracy and R2 are not alike: each on its own, and pairs with the same columns on their own."""
    own = gains[gains["method"].isin(POLICIES)]
    binary = {"heart", "wine", "adult", "newsgroups", "amazon", "indoor"}
    head = own["pair"].str.partition("_")[0]
    is_auc = head.isin(binary) | own["pair"].isin(["synthetic_covariate", "synthetic_concept", "synthetic_hostile"])
    groups = {
        "same columns": ~own["pair"].isin(DIFFERENT),
        "different columns": own["pair"].isin(DIFFERENT),
        "AUC": is_auc,
        "accuracy": head == "digits",
        "R2": ~is_auc & (head != "digits"),
    }
    lines = []
    for name, inside in groups.items():
        for method, rows in own[inside].groupby("method", sort=False):
            lines.append(
                {
                    "pairs": name,
                    "method": method,
                    "cells": len(rows),
                    "mean gain": rows["gain"].mean(),
                    "median gain": rows["gain"].median(),
                    "over plain linear": rows["over_plain"].mean(),
                    "harm": (rows["gain"] < -HARM).mean(),
                }
            )
    return pd.DataFrame(lines)


def by_pair(gains: pd.DataFrame) -> pd.DataFrame:
    """Mean gain of the blend at each number of labels, harm, and what strict keeps."""
    blend = gains[gains["method"] == POLICIES[0]]
    wide = blend.pivot_table(index="pair", columns="n", values="gain", aggfunc="mean").add_prefix("n = ")
    wide["all"] = blend.groupby("pair")["gain"].mean()
    wide["harm"] = blend.groupby("pair")["gain"].apply(lambda g: (g < -HARM).mean())
    wide["strict"] = gains[gains["method"] == POLICIES[1]].groupby("pair")["gain"].mean()
    wide["repeats"] = blend.groupby("pair")["repeat"].nunique()
    return wide.reset_index()


def hindsight(gains: pd.DataFrame) -> str:
    """The share of the gain that the best candidate of each pair and size, known afterwards, would have had."""
    candidates = gains[gains["method"].str.startswith("candidate")]
    best = candidates.groupby(["pair", "n", "method"])["gain"].mean().groupby(["pair", "n"]).max()
    words = []
    for method in POLICIES:
        mean = gains[gains["method"] == method].groupby(["pair", "n"])["gain"].mean()
        words.append(f"{method} {mean.mean() / best.reindex(mean.index).mean():.0%}")
    told = gains[(gains["method"] == POLICIES[0]) & gains["low"].notna()]
    alone = gains[gains["method"] == ALONE].set_index(KEY)["gain"].rename("alone")
    gain = told["gain"] - told.join(alone, on=KEY)["alone"].fillna(0.0)  # earlier fits were held against one learner
    inside = ((told["low"] <= gain) & (gain <= told["high"])).mean()
    decisions = ", ".join(f"{k} {v}" for k, v in told["decision"].value_counts().items())
    return (
        f"Share of the gain of the best candidate in hindsight (one for each pair and size): {'; '.join(words)}. "
        f"Verdicts: {decisions}. The verdict's 90 % interval holds the gain on the test set in {inside:.0%} of cells; "
        "that counts the noise of test sets of 50 to 1,000 rows against the interval."
    )


def readme_table() -> list[str]:
    """The few lines that the README shows: of the larger set there is."""
    for pairset in ("shared", "public"):
        path = RESULTS / f"accuracy_{pairset}.csv"
        if not path.exists():
            continue
        gains = with_gains(pd.read_csv(path))
        listed = of_methods(gains)
        listed = listed[
            (listed["cells"] >= FEWEST_CELLS) & ~listed["method"].str.startswith(("candidate", "ours: best"))
        ]
        shown = pd.concat(
            [
                listed[listed["method"].str.startswith(("ours", "target only", "afternoon"))],
                *(_best_of(listed, peer) for peer in ("adapt", "skada")),
            ]
        ).drop(columns=["pairs"])
        blend = gains[gains["method"] == POLICIES[0]]
        return [
            f"Gain (AUC, R2) over our own tuned target-only learner on {blend['pair'].nunique()} real pairs of tables "
            f"{'beside the repository' if pairset == 'shared' else 'that anyone can install'} with "
            f"{', '.join(map(str, sorted(blend['n'].unique())))} labelled target rows: {len(blend)} cells (pair, "
            f"number of labels, repeat; at most {blend['repeat'].nunique()} repeats). Some of the blend's gain is that "
            "of averaging: what the same fit makes of the target alone, which gains in a verdict are over, is the row "
            f"'target only (blend)'; {_below_alone(gains)}. Of each peer the two best by median. Harm: share of cells "
            "more than 0.01 below target only (tuned). Methods differ in the cells they were run on, hence the last "
            "column.",
            "",
            markdown(shown),
        ]
    return []


def _below_alone(gains: pd.DataFrame) -> str:
    """How often the policies are worse than what is made of the target alone."""
    alone = gains[gains["method"] == ALONE].set_index(KEY)["gain"].rename("alone")
    shares = []
    for method in POLICIES[:2]:
        rows = gains[gains["method"] == method].join(alone, on=KEY)
        shares.append(f"{method} in {(rows['gain'] - rows['alone'] < -HARM).mean():.0%} of cells")
    return f"more than {HARM} below that is {' and '.join(shares)}"


def _best_of(listed: pd.DataFrame, peer: str) -> pd.DataFrame:
    """The two best by median among the methods that ran on most cells of a peer.

    The mean of a peer's gains is often that of its one worst pair.
    """
    mine = listed[listed["method"].str.startswith(f"{peer}:")]
    return mine[mine["cells"] > 0.7 * mine["cells"].max()].nlargest(2, "median gain")


def coverage_table() -> list[str]:
    """Coverage of the verdict's interval on synthetic shifts."""
    path = RESULTS / "coverage.csv"
    if not path.exists():
        return []
    table = pd.read_csv(path)
    by_size = table.groupby("n").agg(
        fits=("covered", "size"),
        coverage=("covered", "mean"),
        mean_true_gain=("true_gain", "mean"),
        harm=("true_gain", lambda g: (g < -HARM).mean()),
    )
    by_shift = table.pivot_table(index=["kind", "task"], columns="n", values="covered").add_prefix("n = ")
    by_shift = by_shift.map(lambda share: f"{share:.0%}")
    versions = ", ".join(sorted(table["version"].astype(str).unique()))
    return [
        "## Coverage of the verdict's 90 % interval",
        "",
        f"Synthetic shifts, 10,000 test rows, headstart at commit {versions}.",
        "",
        markdown(by_size.reset_index()),
        "",
        markdown(by_shift.reset_index()),
        "",
    ]


def prior_table() -> list[str]:
    """What the blend's prior and the strength of its hold were chosen by."""
    path = RESULTS / "prior.csv"
    if not path.exists():
        return []
    return [
        "## The blend's prior",
        "",
        "Test loss (nats a row) and score of the blend less those of target only, on tables that no other benchmark "
        "uses. Learned on other problems: for each fifth of the problems from the four others.",
        "",
        markdown(pd.read_csv(path)),
        "",
    ]


def diagnosis_table() -> list[str]:
    """What `diagnose` says of synthetic shifts."""
    path = RESULTS / "diagnosis.csv"
    if not path.exists():
        return []
    return ["## Diagnosis", "", markdown(pd.read_csv(path).drop(columns="versions", errors="ignore")), ""]


def aligner_tables() -> list[str]:
    """Each aligner beside the best peer's same method in the same cells, and its defaults beside other values."""
    out = []
    path = RESULTS / "aligners.csv"
    if path.exists():
        found = beside_peers(pd.read_csv(path))
        out += [
            "## Aligners",
            "",
            "Accuracy in percent of one linear learner behind each method, with the target's labels used or hidden, in "
            "the cells that were measured of both. The peer is the better of adapt's and skada's method of that name; "
            "the difference is ours less the peer's, in points.",
            "",
            markdown(found),
            "",
        ]
    path = RESULTS / "aligner_defaults.csv"
    if path.exists():
        table = pd.read_csv(path)
        means = 100 * table.pivot_table(index=["variant", "labels"], columns="pair", values="accuracy")
        means.insert(0, "cells", table.groupby(["variant", "labels"]).size())
        out += ["### Defaults of the aligners, on other pairs (accuracy in percent)", "", markdown(means.reset_index())]
        out += [""]
    return out


def beside_peers(table: pd.DataFrame) -> pd.DataFrame:
    """One line a method, pair and number of labels: mean accuracy, and the best peer's in the same cells."""
    table = table.drop_duplicates([*KEY, "method", "labels"], keep="last").dropna(subset="accuracy")
    peers = table["method"].str.contains(": ")
    own = table[~peers].set_index([*KEY, "method", "labels"])["accuracy"].rename("ours")
    lines = []
    for name, rows in table[peers].groupby("method"):
        method = str(name).partition(": ")[2]
        # skada's plain plan is OTMapping's without its regularisation: the entropic one is the same method
        method = "OTMapping" if method.endswith("OTMapping") and method != "LinearOTMapping" else method
        both = rows.assign(method=method).join(own, on=[*KEY, "method", "labels"], how="inner")
        for (pair, n, labels), cell in both.groupby(["pair", "n", "labels"]):
            means = 100 * cell[["ours", "accuracy"]].mean()
            line = {"method": method, "labels": labels, "pair": pair, "n": n, "repeats": len(cell), "peer": name}
            line |= {"headstart": round(means["ours"], 1), "of the peer": round(means["accuracy"], 1)}
            lines.append(line | {"difference": f"{means['ours'] - means['accuracy']:+.1f}"})
    found = pd.DataFrame(lines).sort_values("of the peer", ascending=False)
    return found.groupby(["method", "labels", "pair", "n"], as_index=False).first()


def matches_table() -> list[str]:
    """What match_columns proposes."""
    path = RESULTS / "column_matches.csv"
    if not path.exists():
        return []
    return ["## Column matches", "", "All pairs of tables, by hand.", "", markdown(pd.read_csv(path)), ""]


def speed_tables() -> list[str]:
    """Every results/speed_*.csv as it is."""
    out = []
    for path in sorted(RESULTS.glob("speed_*.csv")):
        out += [f"### {path.stem.removeprefix('speed_').replace('_', ' ')}", "", markdown(pd.read_csv(path)), ""]
    return out


def readme_speed() -> list[str]:
    """The weighters against both peers at the two larger sizes that the peers reach: seconds, and the extra memory."""
    path = RESULTS / "speed_weighters.csv"
    if not path.exists():
        return []
    table = pd.read_csv(path)
    table = table[table["rows"].isin([10_000, 30_000]) & ~table["algorithm"].str.contains("defaults|label shift")]
    lines = []
    for (algorithm, rows, columns), group in table.groupby(["algorithm", "rows", "columns"], sort=False):
        line = {"algorithm": algorithm, "rows": f"{rows:,} + {rows:,} x {columns}"}
        for library in ("headstart", "adapt", "skada"):
            found = group[group["library"] == library]
            line[library] = "" if found.empty else _time_and_memory(found.iloc[0])
        lines.append(line)
    return [
        "Density-ratio weights: CPU seconds of one thread / extra MB (an empty cell: not in that library). skada's "
        "KLIEP does not move from where it starts, and neither peer cross-fits or calibrates its domain classifier.",
        "",
        markdown(pd.DataFrame(lines)),
    ]


def _time_and_memory(row: pd.Series) -> str:
    return f"{row['cpu_s']:.2g} s / {row['extra_mb']:.0f} MB" if row["status"] == "ok" else str(row["status"])


def markdown(table: pd.DataFrame) -> str:
    """A Markdown table with short numbers; gains carry their sign."""
    if table.empty:
        return "(no rows yet)"
    header = [str(c).replace("_", " ") for c in table.columns]
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    for _, row in table.iterrows():
        lines.append("| " + " | ".join(_cell(str(c), v) for c, v in row.items()) + " |")
    return "\n".join(lines)


def _cell(column: str, value: object) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        if column in ("harm", "coverage"):
            return f"{value:.0%}"
        if (
            "gain" in column
            or column.startswith("n = ")
            or column in ("nats", "worst", "all", "strict", "over plain linear", "worst pair")
        ):
            return f"{value:+.3f}"
        if column == "blend in the same cells":
            return f"{value:+.3f}"
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return str(value)


if __name__ == "__main__":
    main()
