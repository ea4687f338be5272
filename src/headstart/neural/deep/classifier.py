"""``DeepAlignedClassifier``: classes, in features in which source and target look alike."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.base import ClassifierMixin

from ...core.traits import Traits
from .aligned_estimator import PAPER, DeepAligned


class DeepAlignedClassifier(ClassifierMixin, DeepAligned):
    """Learn classes from a source, in features in which rows of the target look like the source's.

    The source's rows have labels. Target rows may have none, ``fit(X, None, source=...)``: all rows of X and of
    ``unlabeled=`` then tell how the target looks, and nothing else. Where y is given, those labels are learnt too.
    Without a source it is the target-only network of ``FineTuneClassifier``.

    A network without alignment is trained besides, in as many steps, and compared: see Notes.

    Parameters
    ----------
    alignment : method, default=None
        How features are aligned: ``DANN``, ``CDAN``, ``DeepCORAL``, ``DAN``, ``MCD`` or ``DeepJDOT``. None: ``DANN()``.
    backbone : str, torch.nn.Module, callable or None, default=None
        The encoder: a name that ``open_backbone`` knows, such as ``"timm/resnet50"``, a module, or a class or
        function that makes one. None: a small network with random weights that suits the kind of input.
    weights : str or path, default=None
        A folder or file with the backbone's weights; nothing is then looked up elsewhere.
    policy : policy or list of policies, default=None
        What trains, from when, how fast: see ``FullFineTune``, ``FreezeBelow`` and ``LayerwiseLR``. None: all
        layers. Without a source that is ``FineTune``'s default.
    kind : {"images", "texts", "series", "table", "dataset"}, default=None
        What X holds, where it cannot be told from X itself.
    epochs : int, default=None
        Passes over the source rows. None: enough for about 300 steps (900 with random weights).
    batch_size : int, default=None
        Source rows of a step, beside which there are as many target rows. None: an eighth of the source rows, 8 to 32.
    learning_rate : float, default=None
        The highest rate. None: 3e-4 for images and 5e-5 for texts from a pretrained backbone, 2e-3 with random
        weights. The head, and what a method trains beside it, learn at 1e-3 at least.
    weight_decay : float, default=0.01
        Decoupled decay, of AdamW.
    schedule : {"one-cycle", "cosine", "linear", "constant"}, default="one-cycle"
        How the rate moves.
    validation_share : float, default=0.2
        Share of the source rows, and of the target rows with labels, that is held out to compare on.
    fallback : bool, default=True
        Keep the network without alignment where the aligned one seems to harm. False: keep the aligned one, and warn.
    augment : {"none", "flip", "crop"}, default="none"
        Random changes of images while they are learnt from.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        "auto": bfloat16 on devices made for it. Distances between the domains are always computed in float32.
    clip : float, default=1.0
        Largest norm of the gradient; None: no limit.
    device : str, default="auto"
        "auto": CUDA, else MPS, else the CPU.
    folder : path, default=None
        Where training leaves checkpoints, to go on from after an interruption.
    resume : bool, default=False
        Go on from the checkpoints in ``folder``; the result is that of a training without interruption.
    callbacks : sequence, default=()
        Called at each step and epoch of each network's training: see ``ProgressBar``.
    random_state : int, RandomState or None, default=None
        Decides initial weights, the order of rows and all that is drawn.

    Attributes
    ----------
    aligned_ : bool
        Whether the network is the aligned one.
    source_only_ : pandas.DataFrame or None
        The comparison with the network without alignment, a row each (without target labels it is the source-only
        network); None without a source. "source score" and "target score": accuracy on held-out rows (the latter NaN
        without target labels). Of the target rows: "agreement" of both networks, mean "entropy" of the predictions
        in nats, "classes predicted" and the "largest share" of a class.
    comparison_ : str
        The comparison in words: what speaks for and against the aligned network, or, where no target label tells, that
        this is not known, and by how much its accuracy on these target rows can differ at most.
    network_ : torch.nn.Module
        The fitted network, with ``encoder`` and ``head``.
    classes_ : array of shape (n_classes,)
        The classes of both domains.
    layers_ : pandas.DataFrame
        What was trained, one row a layer.
    histories_ : dict
        The course of training: "not aligned", "aligned", and "final" where the network that is kept was trained again.
    notes_ : list of str
        What loading the backbone's weights had to say.

    Raises
    ------
    InputError
        Where X, y or a setting cannot be used, or the domains have no label in common; TrainingDiverged where the
        loss is no longer finite.

    Warns
    -----
    HeadstartWarning
        Where the network without alignment is kept, or should be; where y has too few labels to compare on.

    Notes
    -----
    *What is known without target labels.* That the network still tells the source's classes (on source rows held
    out), which classes it gives to target rows and how surely, and in how far both networks agree. That its accuracy
    on the target rose, fell or stayed is not known, and nothing of the above can stand for it: features may be alike
    and classes exchanged. All that is sure is that it changed by no more than the share of rows that get another
    class; ``comparison_`` says so of each fit. So without labels the aligned network is kept unless it shows signs of
    failure: more than 5 points lost on held-out source rows (beyond twice the standard error), or a class that it
    never gives to a target row, though the source and the other network have at least 2 % of it. With target labels,
    those held out decide, by the squared error of the probabilities; the winner is then trained again on all rows.
    Either way a fallback is said in a warning. Labels that are too few to hold three out decide nothing.

    The target should hold the source's classes in about the same shares. Where shares differ, equal features force
    some rows into other classes (Zhao et al. 2019); ``LabelShiftWeighter`` is for such targets.

    *Batch normalisation.* Source and target rows pass through the network apart, each normalised by its own
    statistics, and the running statistics, by which predictions are made, follow the target. In one pass each would
    be normalised by a mixture of both, which hides the shift from the loss that is to close it. A network without
    alignment and without target labels sees the source alone.

    *Steps.* A step learns from a batch of source rows and as many target rows, besides target rows with labels, if
    any, whose loss counts as much as the source's. Which target rows those are follows from the seed and the step,
    so that a training that was interrupted goes on as if it had not been. Where memory runs out and a batch is
    computed in parts, the domains are compared in each part.

    References
    ----------
    Ben-David, Blitzer, Crammer, Kulesza, Pereira and Vaughan (2010). A theory of learning from different domains.
    Machine Learning 79.
    Zhao, Combes, Zhang and Gordon (2019). On learning invariant representations for domain adaptation. ICML.
    Li, Wang, Shi, Liu and Hou (2016). Revisiting batch normalization for practical domain adaptation. arXiv 1603.04779.

    Examples
    --------
    >>> import numpy as np
    >>> import headstart as hs
    >>> rng = np.random.default_rng(0)
    >>> Xs, X = rng.normal(size=(300, 2)), rng.normal(size=(200, 2))
    >>> source = hs.Domain(Xs, (Xs[:, 0] > Xs[:, 1]).astype(int))
    >>> moved = X + [0.5, 0.0]
    >>> model = hs.DeepAlignedClassifier(hs.neural.DeepCORAL(weight=1.0), epochs=10, random_state=0)
    >>> model.fit(moved, None, source=source).source_only_.index.tolist()
    ['not aligned', 'aligned']
    """

    _task = "classification"
    traits = Traits(kind="feature", source_labels="required", target_labels="used", paper=PAPER, regression=False)

    def fit(self, X: Any, y: Any, *, source: Any = None, unlabeled: Any = None) -> DeepAlignedClassifier:
        """Learn from source rows, and from target rows X with classes y or None; ``unlabeled`` are more of X."""
        problem = self._fit(X, y, source, unlabeled)
        self.classes_ = problem.classes
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities (n_rows, n_classes)."""
        return softmax(self._outputs(X), axis=1)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each row."""
        out = self._outputs(X)
        return self.classes_[out.argmax(axis=1)]
