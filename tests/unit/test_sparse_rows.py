"""Aligners that would make sparse rows dense say so, and name those that do not."""

import numpy as np
import pytest
import scipy.sparse as sp

import headstart as hs

DENSE_ONLY = [hs.CORAL, hs.LinearOTMapping, hs.TCA, hs.JDA, hs.OTMapping]
SPARSE = [hs.SubspaceAlignment, hs.GeodesicFlowKernel, hs.StructuralCorrespondence, hs.FeatureAugmentation]
MEND = (
    r"is a sparse matrix of 30 x 4, and {} makes rows dense; expected a dense table: reduce the columns of all domains "
    r"first, for instance with one TruncatedSVD, call \.toarray\(\) where there is room, or use hs\.SubspaceAlignment"
)


def domain(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(30, 4)) * (rng.random((30, 4)) < 0.7)
    return X, np.arange(30) % 2


@pytest.mark.parametrize("kind", DENSE_ONLY)
@pytest.mark.parametrize("container", [sp.csr_matrix, sp.csc_array])
def test_sparse_rows_are_refused_wherever_they_come(kind, container):
    (X, y), (Xs, ys) = domain(0), domain(1)
    mend = MEND.format(kind.__name__)
    source = hs.Domain(Xs, ys, name="north")
    with pytest.raises(hs.InputTypeError, match=f"^X {mend}"):
        kind().fit(container(X), y, source=source)
    with pytest.raises(hs.InputTypeError, match=f"^X {mend}"):
        kind().fit(container(X), y)
    with pytest.raises(hs.InputTypeError, match=f"^source 'north' {mend}"):
        kind().fit(X, y, source=hs.Domain(container(Xs), ys, name="north"))
    with pytest.raises(hs.InputTypeError, match=f"^source 'source 2' {mend}"):
        kind().fit(X, y, source=hs.Sources([source, hs.Domain(container(Xs), ys)]))
    with pytest.raises(hs.InputTypeError, match=f"^unlabeled {mend}"):
        kind().fit(X, y, source=source, unlabeled=hs.Domain(container(X)))
    fitted = kind().fit(X, y, source=source)
    with pytest.raises(hs.InputTypeError, match=f"^X {mend}"):
        fitted.transform(container(X))
    with pytest.raises(hs.InputTypeError, match=f"^Xs {mend}"):
        fitted.transform_source(container(Xs))


@pytest.mark.parametrize("kind", SPARSE)
def test_those_that_are_named_take_sparse_rows(kind):
    (X, y), (Xs, ys) = domain(0), domain(1)
    fitted = kind().fit(sp.csr_matrix(X), y, source=hs.Domain(sp.csr_matrix(Xs), ys))
    dense = kind().fit(X, y, source=hs.Domain(Xs, ys))
    for found, expected in (
        (fitted.transform(sp.csr_matrix(X)), dense.transform(X)),
        (fitted.transform_source(sp.csr_matrix(Xs)), dense.transform_source(Xs)),
    ):
        found = found.toarray() if sp.issparse(found) else found
        expected = expected.toarray() if sp.issparse(expected) else expected
        np.testing.assert_allclose(found, expected, atol=1e-8)
