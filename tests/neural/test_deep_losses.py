"""Losses of deep alignment against slow direct computations of the papers' formulas."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

import headstart as hs
from headstart.neural import CDAN, DAN, DANN, MCD, DeepCORAL, DeepJDOT
from headstart.neural.deep.adversary import DomainClassifier, domain_loss, reversed_gradient
from headstart.neural.deep.cdan import MultilinearMap, certainty_weight
from headstart.neural.deep.coral import coral_loss
from headstart.neural.deep.dan import mk_mmd
from headstart.neural.deep.jdot import feature_cost, label_cost, matching
from headstart.neural.deep.mcd import discrepancy

rng = np.random.default_rng(0)
S, T = rng.normal(size=(7, 4)), rng.normal(size=(5, 4)) * 1.5 + 0.3
SHARES = rng.dirichlet(np.ones(3), size=(2, 6))


def tensor(values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def test_coral_is_the_papers_formula():
    def covariance(D):
        # equation 2 of Sun and Saenko (2016)
        n, one = len(D), np.ones((1, len(D)))
        return (D.T @ D - (one @ D).T @ (one @ D) / n) / (n - 1)

    expected = sum((covariance(S)[i, j] - covariance(T)[i, j]) ** 2 for i in range(4) for j in range(4)) / (4 * 4**2)
    assert coral_loss(tensor(S), tensor(T)).item() == pytest.approx(expected, rel=1e-12)
    assert torch.autograd.gradcheck(coral_loss, (tensor(S), tensor(T)))


def test_mmd_is_the_unbiased_estimate_over_all_pairs():
    widths = (0.5, 2.0)
    both = np.vstack([S, T])
    scale = np.mean([np.sum((a - b) ** 2) for a, b in itertools.permutations(both, 2)])

    def k(a, b):
        return np.mean([math.exp(-np.sum((a - b) ** 2) / (w * scale)) for w in widths])

    expected = np.mean([k(a, b) for a, b in itertools.permutations(S, 2)])
    expected += np.mean([k(a, b) for a, b in itertools.permutations(T, 2)])
    expected -= 2 * np.mean([k(a, b) for a in S for b in T])
    assert mk_mmd(tensor(S), tensor(T), widths).item() == pytest.approx(expected, rel=1e-10)


def test_mmd_of_one_distribution_is_zero_in_the_mean():
    generator = torch.Generator().manual_seed(0)
    found = [mk_mmd(*torch.randn(2, 8, 3, generator=generator), (0.5, 1.0)).item() for _ in range(800)]
    error = np.std(found) / len(found) ** 0.5
    assert min(found) < 0 and abs(np.mean(found)) < 4 * error
    biased = np.mean(found) + 2 / 8  # what the diagonal would add, at least by a half
    assert biased > 20 * error


@pytest.mark.parametrize("loss", [coral_loss, lambda s, t: mk_mmd(s, t, (1.0,))])
def test_a_single_row_has_no_discrepancy(loss):
    found = loss(tensor(S[:1]), tensor(T[:1]))
    assert found.item() == 0 and found.requires_grad


@pytest.mark.parametrize("loss", [coral_loss, lambda s, t: mk_mmd(s, t, (1.0,)), feature_cost])
def test_losses_are_computed_in_float32_under_autocast(loss):
    s, t = torch.tensor(S).float() + 30, torch.tensor(T).float() + 30
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = loss(s, t)
    assert torch.equal(found, loss(s, t)) and found.dtype == torch.float32


def test_the_reversal_turns_the_gradient_round_and_nothing_else():
    values = tensor(S)
    out = reversed_gradient(values, 0.3)
    assert torch.equal(out, values)
    (out**2).sum().backward()
    np.testing.assert_allclose(values.grad.numpy(), -0.3 * 2 * S)


def test_the_strength_is_the_papers_schedule():
    for p in (0.0, 0.1, 0.5, 1.0):
        assert DANN(weight=2.0).strength(p) == pytest.approx(2 * (2 / (1 + math.exp(-10 * p)) - 1))
    assert DeepCORAL(weight=3.0).strength(0.0) == 3.0
    assert DANN(ramp=None).strength(0.0) == 1.0


def test_domain_loss_is_the_cross_entropy():
    s, t, w = rng.normal(size=6), rng.normal(size=6), rng.uniform(size=6)

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    plain = -0.5 * (np.log(sigmoid(s)).mean() + np.log(1 - sigmoid(t)).mean())
    assert domain_loss(torch.tensor(s), torch.tensor(t)).item() == pytest.approx(plain, rel=1e-6)
    weighted = -0.5 * ((w * np.log(sigmoid(s))).mean() + (w * np.log(1 - sigmoid(t))).mean())
    weight = torch.tensor(w).float()
    assert domain_loss(torch.tensor(s), torch.tensor(t), weight, weight).item() == pytest.approx(weighted, rel=1e-6)


def test_the_multilinear_map_is_the_outer_product():
    features, p = rng.normal(size=(6, 4)), SHARES[0]
    found = MultilinearMap(4, 3)(torch.tensor(features), torch.tensor(p)).numpy()
    expected = [[p[i, c] * features[i, d] for c in range(3) for d in range(4)] for i in range(6)]
    np.testing.assert_allclose(found, expected)


def test_the_random_map_keeps_inner_products_in_the_mean():
    torch.manual_seed(0)
    features, p = torch.randn(2, 500), torch.tensor(rng.dirichlet(np.ones(10), size=2)).float()
    exact = (features[0] @ features[1]) * (p[0] @ p[1])
    found = []
    for _ in range(20):
        mapped = MultilinearMap(500, 10)
        assert mapped.random and mapped.n_outputs == 1024
        a, b = mapped(features, p)
        found.append((a @ b).item())
    assert abs(np.mean(found) - exact) < 4 * np.std(found) / len(found) ** 0.5


def test_clear_rows_count_more():
    p = SHARES[0]
    w = np.array([1 + math.exp(sum(q * math.log(q) for q in row)) for row in p])
    np.testing.assert_allclose(certainty_weight(torch.tensor(p)).numpy(), w / w.mean())
    assert torch.isfinite(certainty_weight(torch.eye(3))).all()


def test_discrepancy_is_the_mean_absolute_difference():
    expected = np.mean([abs(SHARES[0][i, c] - SHARES[1][i, c]) for i in range(6) for c in range(3)])
    assert discrepancy(*torch.tensor(SHARES)).item() == pytest.approx(expected)


def test_the_matching_is_the_cheapest_of_all():
    cost = rng.uniform(size=(6, 6))
    best = min(itertools.permutations(range(6)), key=lambda p: sum(cost[i, p[i]] for i in range(6)))
    assert matching(torch.tensor(cost)).tolist() == list(best)


def test_the_matching_is_the_transport_plan_of_pot():
    ot = pytest.importorskip("ot")
    cost = rng.uniform(size=(32, 32))
    plan = ot.emd(np.full(32, 1 / 32), np.full(32, 1 / 32), cost)
    assert cost[np.arange(32), matching(torch.tensor(cost))].mean() == pytest.approx((plan * cost).sum())


def test_costs_of_jdot():
    t = T[:, :3]
    for i, j in itertools.product(range(7), range(5)):
        assert feature_cost(tensor(S), tensor(T))[i, j].item() == pytest.approx(np.sum((S[i] - T[j]) ** 2))
    codes = np.arange(7) % 3
    log_shares = t - np.log(np.exp(t).sum(axis=1, keepdims=True))
    found = label_cost(torch.tensor(codes), tensor(t), classes=True).detach().numpy()
    np.testing.assert_allclose(found, [[-log_shares[j, codes[i]] for j in range(5)] for i in range(7)])
    found = label_cost(tensor(S[:, 0]), tensor(T[:, :1]), classes=False).detach().numpy()
    np.testing.assert_allclose(found, [[(S[i, 0] - T[j, 0]) ** 2 for j in range(5)] for i in range(7)])


class Batch:
    """A step on given rows through a linear encoder, as the training makes it."""

    def __init__(self, step=0, progress=0.5, n=6):
        from headstart.neural.deep.batch import PairedBatch

        torch.manual_seed(1)
        encoder = nn.Linear(4, 5)
        self.network = hs.neural.Network(encoder, 5, 3, hs.neural.layer_groups(encoder))
        nn.init.normal_(self.network.head.weight)
        self.xs, self.xt, self.y = torch.randn(n, 4), torch.randn(n, 4), torch.arange(n) % 3
        self.batch = PairedBatch(
            self.network,
            progress,
            step,
            self.y,
            True,
            lambda out: nn.functional.cross_entropy(out, self.y),
            None,
            lambda: encoder(self.xs),
            lambda: (encoder(self.xt), None),
        )

    def losses(self, alignment):
        self.parts = alignment.parts(5, 3)
        return alignment.losses(self.batch, self.network, self.parts)

    def moved(self):
        """What has a gradient that is not zero."""
        of = {"encoder": self.network.encoder, "head": self.network.head, "parts": self.parts}
        return {k for k, m in of.items() if any(p.grad is not None and p.grad.any() for p in m.parameters())}


def test_dann_teaches_its_classifier_and_fools_it():
    one = Batch()
    losses = one.losses(DANN(weight=0.7))
    losses["domain"].backward()
    found = [p.grad.clone() for p in (*one.network.encoder.parameters(), *one.parts.parameters())]
    assert one.moved() == {"encoder", "parts"}
    one.network.zero_grad()
    one.parts.zero_grad()
    encoder = one.network.encoder
    domain_loss(one.parts(encoder(one.xs)), one.parts(encoder(one.xt))).backward()
    strength = 0.7 * (2 / (1 + math.exp(-5)) - 1)
    for place, (grad, p) in enumerate(zip(found, (*encoder.parameters(), *one.parts.parameters()), strict=True)):
        torch.testing.assert_close(grad, p.grad * (-strength if place < 2 else 1))


def test_cdan_sees_predictions_and_leaves_them():
    one = Batch()
    losses = one.losses(CDAN())
    losses["domain"].backward()
    assert one.moved() == {"encoder", "parts"}
    with torch.no_grad():
        f = [one.network.encoder(x) for x in (one.xs, one.xt)]
        p = [one.network.head(x).softmax(1) for x in f]
        told = [one.parts.domain((q[:, :, None] * x[:, None, :]).flatten(1)).numpy() for x, q in zip(f, p, strict=True)]
        w = [certainty_weight(q).numpy() for q in p]
    expected = 0.5 * (w[0] * np.log1p(np.exp(-told[0]))).mean() + 0.5 * (w[1] * np.log1p(np.exp(told[1]))).mean()
    assert losses["domain"].item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("step", "names", "moved"),
    [
        (0, {"task"}, {"encoder", "head", "parts"}),
        (1, {"task", "disagreement"}, {"head", "parts"}),
        (2, {"task", "agreement"}, {"encoder"}),
        (3, {"task", "agreement"}, {"encoder"}),
        (4, {"task"}, {"encoder", "head", "parts"}),
    ],
)
def test_the_three_steps_of_mcd(step, names, moved):
    one = Batch(step)
    losses = one.losses(MCD(agree=2))
    sum(losses.values()).backward()
    assert set(losses) == names and one.moved() == moved
    with torch.no_grad():
        out = one.network.encoder(one.xt)
        first, second = (head(out).softmax(1).numpy() for head in (one.network.head, one.parts.head))
        apart = np.abs(first - second).mean()
        labels = sum(
            nn.functional.cross_entropy(head(one.network.encoder(one.xs)), one.y).item()
            for head in (one.network.head, one.parts.head)
        )
    expected = {"task": labels, "disagreement": -apart, "agreement": apart}
    assert {k: v.item() for k, v in losses.items()} == pytest.approx({k: expected[k] for k in names}, rel=1e-5)


def test_the_heads_of_mcd_differ_at_first_and_are_averaged_at_last():
    one = Batch()
    mcd = MCD()
    parts = mcd.parts(5, 3)
    mcd.begin(one.network, parts)
    x = torch.randn(4, 5)
    first, second = one.network.head(x), parts.head(x)
    assert not torch.allclose(first, second)
    mcd.end(one.network, parts)
    torch.testing.assert_close(one.network.head(x), (first + second) / 2)


def test_jdot_is_the_mean_cost_of_the_matching():
    one = Batch()
    losses = one.losses(DeepJDOT(weight=2.0, features=0.3, labels=0.7))
    with torch.no_grad():
        f = [one.network.encoder(x).numpy() for x in (one.xs, one.xt)]
        log_shares = one.network.head(torch.tensor(f[1])).log_softmax(1).numpy()
    cost = [
        [0.3 * np.sum((f[0][i] - f[1][j]) ** 2) - 0.7 * log_shares[j, one.y[i]] for j in range(6)] for i in range(6)
    ]
    best = min(sum(cost[i][p[i]] for i in range(6)) for p in itertools.permutations(range(6)))
    assert losses["alignment"].item() == pytest.approx(2 * best / 6, rel=1e-5)


@pytest.mark.parametrize("alignment", [DeepCORAL(weight=2.0), DAN(weight=2.0)])
def test_discrepancies_are_weighted(alignment):
    one = Batch()
    losses = one.losses(alignment)
    f = [one.network.encoder(x) for x in (one.xs, one.xt)]
    apart = coral_loss(*f) if isinstance(alignment, DeepCORAL) else mk_mmd(*f, alignment.widths)
    assert losses["alignment"].item() == pytest.approx(2 * apart.item(), rel=1e-5)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: DANN(weight=-1), "weight is -1; expected a number of at least 0"),
        (lambda: DeepCORAL(ramp=0), "ramp is 0; expected a number above 0, or None"),
        (lambda: DAN(widths=()), "widths is empty"),
        (lambda: DAN(widths=(1.0, -2)), "a width is -2; expected a number above 0"),
        (lambda: MCD(agree=0), "agree is 0; expected a whole number of at least 1"),
        (lambda: CDAN(entropy="yes"), "entropy is 'yes'; expected True or False"),
        (lambda: CDAN(width=0), "width is 0"),
        (lambda: DeepJDOT(features=-1), "features is -1"),
    ],
)
def test_values_that_are_refused(make, words):
    with pytest.raises(hs.HeadstartError, match=words):
        make()


def test_the_domain_classifier_gives_a_logit_a_row():
    assert DomainClassifier(4, 8)(torch.randn(5, 4)).shape == (5,)
