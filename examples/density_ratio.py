"""Estimate p_target(x) / p_source(x) with every weighter, where the true ratio is known."""

import time

import numpy as np
from scipy.stats import spearmanr

import headstart as hs

shift = hs.datasets.make_shift("covariate", n_target=1000, n_source=1000, random_state=0)
truth = shift.answer.density_ratio(shift.source.X)
truth = truth / np.mean(truth)

weighters = [
    hs.KMM(),
    hs.KLIEP(),
    hs.ULSIF(),
    hs.RULSIF(),
    hs.DomainClassifierWeighter(),
    hs.NearestNeighborWeighter(),
]
print(f"{'weighter':28}{'rank correlation':>18}{'seconds':>10}")
for weighter in weighters:
    if "random_state" in weighter.get_params():
        weighter.set_params(random_state=0)
    start = time.perf_counter()
    weight = weighter.fit(shift.target.X, source=shift.source).source_weight_
    seconds = time.perf_counter() - start
    print(f"{type(weighter).__name__:28}{spearmanr(weight, truth).statistic:18.2f}{seconds:10.2f}")
