"""Domains, cells and maps without a model fitted: what tests of the map of transfer share."""

import dataclasses
import types

import numpy as np
import pandas as pd

import headstart as hs
from headstart.choose.trial import Kept, Trial
from headstart.guard import Verdict
from headstart.transfer_map import run
from headstart.transfer_map.cell import Cell

NAMES = ["a", "b", "c", "d"]
N_FOLDS = 5


def domain(name, n=40, seed=None, labels=(0, 1)):
    random = np.random.default_rng(NAMES.index(name) if seed is None else seed)
    X = pd.DataFrame(random.normal(size=(n, 2)), columns=["u", "v"])
    return hs.Domain(X, np.resize(labels, n), name=name)


def domains(n=40):
    return [domain(name, n) for name in NAMES]


def verdict(gain=0.02, reach=0.05, pooling=0.0, pooling_reach=0.05, level=0.9, leaks=()):
    decision = "helps" if gain > reach and not leaks else "hurts" if pooling < -pooling_reach else "undetermined"
    return Verdict(
        decision=decision,
        metric="roc_auc",
        gain=gain,
        interval=(gain - reach, gain + reach),
        level=level,
        p_harm=0.5,
        worth_labels=None,
        score=0.8 + gain,
        baseline_score=0.8,
        baseline="target only",
        method="pooled",
        n_target=40,
        n_source=40,
        pooling_gain=pooling,
        pooling_interval=(pooling - pooling_reach, pooling + pooling_reach),
        leaks=leaks,
    )


def cell(sources="a", target="b", repeats=1, n_scored=10, **options):
    return Cell((sources,), target, repeats, n_scored, n_scored, 1.0, verdict(**options))


class Trials:
    """Stands for SourceTrials: gains that follow from names and folds, and a clock that it moves."""

    made, measured, clock, stop_after = [], [], [0.0], None

    def __init__(self, target, sources, *, repeats, random, **options):
        self.target, self.options = target, options
        self.folds = [types.SimpleNamespace(train=np.arange(32), test=np.arange(8))] * (N_FOLDS * repeats)
        self.base = random.normal(size=repeats * N_FOLDS)
        self.found = {}
        Trials.made.append(target.label)

    def n_folds(self, repeats):
        return N_FOLDS * repeats

    def measure(self, source, repeats):
        if Trials.stop_after is not None and len(Trials.measured) >= Trials.stop_after:
            raise KeyboardInterrupt
        names = source.names
        if names == ("d",) and self.target.label == "c":
            return Trial(names, None, notes=("they do not fit",))
        values = self.found.setdefault(names, [])
        new = self.n_folds(repeats) - len(values)
        values += [0.0001 * sum(map(ord, "".join(names))) * v for v in self.base[len(values) : self.n_folds(repeats)]]
        Trials.measured.append((names, self.target.label, repeats, new))
        Trials.clock[0] += 1.0 * new / N_FOLDS
        mean, spread = float(np.mean(values)), float(np.std(values))
        losses = np.full(self.target.n_rows, mean)
        found = dataclasses.replace(verdict(mean, spread), n_target=self.target.n_rows)
        return Trial(names, found, len(values), 1.0 * repeats, (), losses, losses + 1, np.array(values))

    def kept(self, source):
        values = self.found[source.names]
        return Kept(len(values), {"x": [np.array([v]) for v in values]}, {}, ())

    def take_up(self, source, kept):
        self.found[source.names] = [float(v[0]) for v in kept.values["x"]]

    def forget(self, source):
        self.found.pop(source.names, None)


def stand_in(monkeypatch):
    """Put the trials above, and their clock, in the place of the real ones."""
    Trials.made, Trials.measured, Trials.clock, Trials.stop_after = [], [], [0.0], None
    monkeypatch.setattr(run, "SourceTrials", Trials)
    monkeypatch.setattr(run, "time", types.SimpleNamespace(perf_counter=lambda: Trials.clock[0]))
    return Trials


def map_of(cells, skipped=None):
    """A map of cells by place."""
    names = list(dict.fromkeys(n for sources, _ in cells for n in sources))
    targets = sorted({t for _, t in cells})
    asked = types.SimpleNamespace(
        sets=[(n,) for n in names], targets=targets, skipped=skipped or {}, task="classification"
    )
    return hs.TransferMap.of(asked, cells, repeats=1, level=0.9, correction="bh")


def leaking():
    """a holds rows of b; c does not, and brings little."""
    copy = dataclasses.replace(cell("a", "b", gain=0.5, leaks=("a",)), notes=("9 of 40 target rows stand in a too",))
    cells = {(("a",), "b"): copy, (("c",), "b"): cell("c", "b", gain=0.01)}
    losses = {"losses": np.ones(9), "losses_alone": np.full(9, 2.0)}
    return map_of({place: dataclasses.replace(c, **losses) for place, c in cells.items()})


def asymmetric():
    """a helps b, b hurts a; c was not reached."""
    cells = {
        (("a",), "b"): cell("a", "b", gain=0.2),
        (("b",), "a"): cell("b", "a", gain=0.0, pooling=-0.3),
        (("c",), "a"): None,
    }
    return map_of(cells, skipped={"d": "has 3 labelled rows"})
