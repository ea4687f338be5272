"""``FineTuneClassifier`` and ``FineTuneRegressor``: start from a network, and train it on the target."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.special import softmax
from sklearn.base import ClassifierMixin, RegressorMixin

from ..core.traits import Traits
from .estimator import NetworkEstimator
from .fitting import fit_network, plan_for
from .network import Network
from .opening import is_small, open_for
from .pace import epochs_of, language, paced
from .problem import Problem, read_problem

_PAPER = "Yosinski et al. 2014; Howard and Ruder 2018; Kumar et al. 2022"


class _FineTune(NetworkEstimator):
    """What both tasks have in common."""

    _task: ClassVar[str]

    def __init__(
        self,
        backbone: Any = None,
        *,
        weights: Any = None,
        source_model: Any = None,
        policy: Any = None,
        adapter: Any = None,
        kind: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float = 0.01,
        schedule: str = "one-cycle",
        patience: int | str | None = "auto",
        validation_share: float = 0.2,
        watch: Any = None,
        source_epochs: int | None = None,
        augment: str = "none",
        precision: str = "auto",
        accumulate: int = 1,
        clip: float | None = 1.0,
        device: str = "auto",
        folder: Any = None,
        resume: bool = False,
        callbacks: Any = (),
        random_state: Any = None,
    ) -> None:
        self.backbone = backbone
        self.weights = weights
        self.source_model = source_model
        self.policy = policy
        self.adapter = adapter
        self.kind = kind
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.patience = patience
        self.validation_share = validation_share
        self.watch = watch
        self.source_epochs = source_epochs
        self.augment = augment
        self.precision = precision
        self.accumulate = accumulate
        self.clip = clip
        self.device = device
        self.folder = folder
        self.resume = resume
        self.callbacks = callbacks
        self.random_state = random_state

    def _fit(self, X: Any, y: Any, source: Any, unlabeled: Any) -> Problem:
        problem = read_problem(self, X, y, source, unlabeled, task=self._task, kind=self.kind)
        found = fit_network(self, problem, self._task, self._seed())
        self._keep(found, problem)
        return problem

    def plan(self, X: Any, y: Any = None, *, source: Any = None) -> pd.DataFrame:
        """What would train: one row a layer, from the input to the head, before anything is trained.

        The backbone is opened and nothing else happens. Columns: parameters, how many train, whether they are
        solved first as a linear model (the head), from which epoch, at which multiple of the learning rate, how
        strongly pulled to the start.
        """
        problem = read_problem(self, X, y, source, None, task=self._task, kind=self.kind)
        backbone, _ = open_for(self, problem, 0)
        n_outputs = 1 if problem.classes is None else len(problem.classes)
        network = Network(backbone.module, backbone.n_features, n_outputs, backbone.groups)
        knows = backbone.pretrained or problem.ys is not None or problem.given is not None
        known = language(problem, backbone, knows)
        epochs = epochs_of(self.epochs, self, len(problem.X), knows, language=known)
        plan, attached = plan_for(self, network, epochs=epochs, seed=0)
        if not problem.same_task:
            plan = paced(plan, self, problem, knows, is_small(backbone), adapted=attached is not None)
        return plan.table(network)


class FineTuneClassifier(ClassifierMixin, _FineTune):
    """Start from a network, and train it to tell the target's classes.

    With ``source=`` the network is first trained on the source; where its labels are the target's, the head is kept
    too. Without, it starts from the backbone's weights. X may hold images (files, arrays, PIL images), texts,
    series, rows of numbers, or be a torch Dataset.

    Parameters
    ----------
    backbone : str, torch.nn.Module, callable, Backbone or None, default=None
        What to start from: a name that ``open_backbone`` knows, such as ``"timm/resnet50"``, a module, a class or
        function that makes one, or what ``open_backbone`` gave. None: a small network with random weights that suits
        the kind of input.
    weights : str or path, default=None
        A folder or file with the backbone's weights; nothing is then looked up elsewhere.
    source_model : fitted FineTuneClassifier or FineTuneRegressor, default=None
        Start from its network, where only the model is left of a source, or to train on a source once and transfer
        many times. Its reader is taken over too, and its head where its classes are among the target's; an adapter is
        merged first. In place of ``backbone`` and ``source=``.
    policy : policy or list of policies, default=None
        What trains, from when, how fast: see ``FullFineTune``, ``LinearProbe`` and the others. None:
        ``FullFineTune()``. A new head starts from zero, and learns faster than the layers below.
    adapter : adapter, default=None
        Train this in place of the backbone's weights: see ``LoRA``.
    kind : {"images", "texts", "series", "table", "dataset"}, default=None
        What X holds, where it cannot be told from X itself.
    epochs : int, default=None
        Passes over the target rows. None: enough for about 300 steps (900 with random weights, 100 of a pretrained
        network for texts), since few labels need many passes and many need few.
    batch_size : int, default=None
        Rows of a step. None: an eighth of the rows, 8 to 32.
    learning_rate : float, default=None
        The highest rate. None: 3e-4 for images and 5e-5 for texts from a pretrained backbone, 1e-3 for an adapter in
        it, 2e-3 for the small networks of ``backbone=None``. A head that starts from zero learns at 1e-3 at least.
    weight_decay : float, default=0.01
        Decoupled decay, of AdamW.
    schedule : {"one-cycle", "cosine", "linear", "constant"}, default="one-cycle"
        How the rate moves.
    patience : int, "auto" or None, default="auto"
        Stop after so many epochs without a better loss on rows held out, and keep the best weights. None: train all
        epochs on all rows. "auto": a quarter of the epochs for a small network of headstart's on a table of at
        least 20 target rows where no epochs are given, since it soon knows few rows by heart; if the loss was lowest in
        the second half of the epochs, it is trained anew on all rows. None for everything else, whose few labels are
        better learnt from.
    validation_share : float, default=0.2
        Share of the rows that ``patience`` holds out.
    watch : Domain, default=None
        Labelled rows whose loss stands in ``histories_`` after each epoch, as "watched": to see how many epochs are
        enough. Nothing is learned from them, and nothing chosen by them.
    source_epochs : int, default=None
        Passes over the source rows. None: as for ``epochs``, of their number.
    augment : {"none", "flip", "crop"}, default="none"
        Random changes of images while they are learnt from.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        "auto": bfloat16 on devices made for it.
    accumulate : int, default=1
        Parts in which a batch is computed, to save memory.
    clip : float, default=1.0
        Largest norm of the gradient; None: no limit.
    device : str, default="auto"
        "auto": CUDA, else MPS, else the CPU.
    folder : path, default=None
        Where training leaves checkpoints, to go on from after an interruption.
    resume : bool, default=False
        Go on from the checkpoints in ``folder``; the result is that of a training without interruption.
    callbacks : sequence, default=()
        Called at each step and epoch: see ``ProgressBar``.
    random_state : int, RandomState or None, default=None
        Decides initial weights, the order of rows and all that is drawn.

    Attributes
    ----------
    network_ : torch.nn.Module
        The fitted network, with ``encoder`` and ``head``.
    adapter_ : Attached or None
        The adapter in ``network_.encoder``, such as for ``headstart.neural.save_adapter``.
    classes_ : array of shape (n_classes,)
        The target's classes, and the source's where the two have some in common.
    layers_ : pandas.DataFrame
        What was trained, one row a layer.
    histories_ : dict
        The course of training on "source" and "target".
    notes_ : list of str
        What loading the backbone's weights had to say.

    Raises
    ------
    InputError
        Where X, y or a setting cannot be used; TrainingDiverged where the loss is no longer finite.

    References
    ----------
    Yosinski, Clune, Bengio and Lipson (2014). How transferable are features in deep neural networks? NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> import headstart as hs
    >>> rng = np.random.default_rng(0)
    >>> Xs, X = rng.normal(size=(400, 5)), rng.normal(size=(20, 5))
    >>> source = hs.Domain(Xs, (Xs[:, 0] * Xs[:, 1] > 0).astype(int))
    >>> model = hs.FineTuneClassifier(random_state=0).fit(X, (X[:, 0] * X[:, 1] > 0).astype(int), source=source)
    >>> model.predict([[1.0, 1.0, 0.0, 0.0, 0.0], [1.0, -1.0, 0.0, 0.0, 0.0]]).tolist()
    [1, 0]
    """

    _task = "classification"
    traits = Traits(kind="parameter", source_labels="required", several_sources=False, paper=_PAPER, regression=False)

    def fit(self, X: Any, y: Any, *, source: Any = None, unlabeled: Any = None) -> FineTuneClassifier:
        """Train on target rows X and their classes y, after the source where one is given."""
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


class FineTuneRegressor(RegressorMixin, _FineTune):
    """Start from a network, and train it to predict the target's numbers.

    As ``FineTuneClassifier``, with the squared error. Numbers of source and target are each brought to mean 0 and
    deviation 1, so that a shift or another unit between them is no harm.

    Parameters
    ----------
    backbone : str, torch.nn.Module, callable, Backbone or None, default=None
        What to start from: a name that ``open_backbone`` knows, such as ``"timm/resnet50"``, a module, a class or
        function that makes one, or what ``open_backbone`` gave. None: a small network with random weights that suits
        the kind of input.
    weights : str or path, default=None
        A folder or file with the backbone's weights; nothing is then looked up elsewhere.
    source_model : fitted FineTuneClassifier or FineTuneRegressor, default=None
        Start from its network, where only the model is left of a source, or to train on a source once and transfer
        many times. Its reader is taken over too, and its head where its classes are among the target's; an adapter is
        merged first. In place of ``backbone`` and ``source=``.
    policy : policy or list of policies, default=None
        What trains, from when, how fast: see ``FullFineTune``, ``LinearProbe`` and the others. None:
        ``FullFineTune()``. A new head starts from zero, and learns faster than the layers below.
    adapter : adapter, default=None
        Train this in place of the backbone's weights: see ``LoRA``.
    kind : {"images", "texts", "series", "table", "dataset"}, default=None
        What X holds, where it cannot be told from X itself.
    epochs : int, default=None
        Passes over the target rows. None: enough for about 300 steps (900 with random weights, 100 of a pretrained
        network for texts), since few labels need many passes and many need few.
    batch_size : int, default=None
        Rows of a step. None: an eighth of the rows, 8 to 32.
    learning_rate : float, default=None
        The highest rate. None: 3e-4 for images and 5e-5 for texts from a pretrained backbone, 1e-3 for an adapter in
        it, 2e-3 for the small networks of ``backbone=None``. A head that starts from zero learns at 1e-3 at least.
    weight_decay : float, default=0.01
        Decoupled decay, of AdamW.
    schedule : {"one-cycle", "cosine", "linear", "constant"}, default="one-cycle"
        How the rate moves.
    patience : int, "auto" or None, default="auto"
        Stop after so many epochs without a better loss on rows held out, and keep the best weights. None: train all
        epochs on all rows. "auto": a quarter of the epochs for a small network of headstart's on a table of at
        least 20 target rows where no epochs are given, since it soon knows few rows by heart; if the loss was lowest in
        the second half of the epochs, it is trained anew on all rows. None for everything else, whose few labels are
        better learnt from.
    validation_share : float, default=0.2
        Share of the rows that ``patience`` holds out.
    watch : Domain, default=None
        Labelled rows whose loss stands in ``histories_`` after each epoch, as "watched": to see how many epochs are
        enough. Nothing is learned from them, and nothing chosen by them.
    source_epochs : int, default=None
        Passes over the source rows. None: as for ``epochs``, of their number.
    augment : {"none", "flip", "crop"}, default="none"
        Random changes of images while they are learnt from.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        "auto": bfloat16 on devices made for it.
    accumulate : int, default=1
        Parts in which a batch is computed, to save memory.
    clip : float, default=1.0
        Largest norm of the gradient; None: no limit.
    device : str, default="auto"
        "auto": CUDA, else MPS, else the CPU.
    folder : path, default=None
        Where training leaves checkpoints, to go on from after an interruption.
    resume : bool, default=False
        Go on from the checkpoints in ``folder``; the result is that of a training without interruption.
    callbacks : sequence, default=()
        Called at each step and epoch: see ``ProgressBar``.
    random_state : int, RandomState or None, default=None
        Decides initial weights, the order of rows and all that is drawn.

    Attributes
    ----------
    network_ : torch.nn.Module
        The fitted network, with ``encoder`` and ``head``.
    adapter_ : Attached or None
        The adapter in ``network_.encoder``, such as for ``headstart.neural.save_adapter``.
    layers_ : pandas.DataFrame
        What was trained, one row a layer.
    histories_ : dict
        The course of training on "source" and "target".
    notes_ : list of str
        What loading the backbone's weights had to say.

    Raises
    ------
    InputError
        Where X, y or a setting cannot be used; TrainingDiverged where the loss is no longer finite.

    Examples
    --------
    >>> import numpy as np
    >>> import headstart as hs
    >>> rng = np.random.default_rng(0)
    >>> Xs, X = rng.normal(size=(400, 3)), rng.normal(size=(20, 3))
    >>> source = hs.Domain(Xs, Xs[:, 0] * Xs[:, 1])
    >>> model = hs.FineTuneRegressor(random_state=0).fit(X, 10 + X[:, 0] * X[:, 1], source=source)
    >>> bool(model.predict([[1.5, 1.5, 0.0]])[0] > 11)
    True
    """

    _task = "regression"
    traits = Traits(kind="parameter", source_labels="required", paper=_PAPER, classification=False)

    def fit(self, X: Any, y: Any, *, source: Any = None, unlabeled: Any = None) -> FineTuneRegressor:
        """Train on target rows X and their numbers y, after the source where one is given."""
        self._fit(X, y, source, unlabeled)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predicted numbers (n_rows,)."""
        out = self._outputs(X)[:, 0]
        return self._center + self._scale * out
