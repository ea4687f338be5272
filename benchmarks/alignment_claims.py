"""What ``compare_spaces`` claims of aligners on synthetic shifts, and how often.

    python benchmarks/alignment_claims.py [--seeds 60] [--rows 30 100 400]

CORAL maps the target onto itself and the source linearly, so that no domain loses its label signal. "turned" turns both
domains alike: it brings nothing together, and puts nothing apart.
One table: for each aligner, shift and number of target rows how often each thing was said.
"""

from __future__ import annotations

import argparse
from collections import Counter
from typing import Any

import numpy as np

import headstart as hs
from headstart.feature.base import Aligner


class Turned(Aligner):
    """Both domains turned by one random rotation, another one in every fit."""

    traits = hs.CORAL.traits

    def _align(self, data: Any) -> None:
        seed = abs(int(1e6 * float(np.sum(data.X))))
        self.turn_ = np.linalg.qr(np.random.default_rng(seed).normal(size=(data.X.shape[1],) * 2))[0]

    def _map_target(self, X: np.ndarray) -> np.ndarray:
        return X @ self.turn_

    def _map_source(self, Xs: np.ndarray, domain: int) -> np.ndarray:
        return Xs @ self.turn_

    def _names_out(self, names: list[str]) -> list[str]:
        return [f"turned {j}" for j in range(len(names))]


CASES = [
    ("identical", "CORAL", lambda: hs.CORAL()),
    ("identical", "turned", Turned),
    ("covariate", "turned", Turned),
    ("covariate", "CORAL", lambda: hs.CORAL()),
    ("covariate", "TCA(1)", lambda: hs.TCA(1)),
    ("label", "CORAL", lambda: hs.CORAL()),
    ("label", "CORAL, blind to labels", lambda: hs.CORAL(use_labels=False)),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--rows", type=int, nargs="+", default=[30, 100, 400])
    given = parser.parse_args()
    print("| shift | aligner | target rows | domains | labels of the target | of the source | told across |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for n in given.rows:
        for kind, name, make in CASES:
            said: dict[str, Counter[str]] = {what: Counter() for what in ("domains", "target", "source", "across")}
            for seed in range(given.seeds):
                shift = hs.datasets.make_shift(kind, n_target=n, n_source=400, n_test=1, random_state=seed)
                found = hs.compare_spaces(make(), shift.target, shift.source, random_state=seed)
                said["domains"][str(found.domains)] += 1
                for signal in found.signals:
                    said[signal.what][signal.decision] += 1
            cells = [", ".join(f"{word} {k}" for word, k in count.most_common()) for count in said.values()]
            print(f"| {kind} | {name} | {n} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
