"""``MultiTaskLearner``: one network for tasks of different kinds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...core.errors import InputError
from .base import MultiTaskNetworkEstimator


class MultiTaskLearner(MultiTaskNetworkEstimator):
    """One network for tasks of different kinds: some tell classes, others predict numbers.

    Rows may be images, texts, series or a table that all tasks share, with gaps in their labels; or each task brings
    rows of its own. Every task is judged against a network of its own, and one that loses is given it.

    Parameters
    ----------
    backbone : str, torch.nn.Module, callable, Backbone or None, default=None
        What all tasks start from: a name that ``open_backbone`` knows, such as ``"timm/resnet50"``, a module, a class
        or function that makes one, or what ``open_backbone`` gave. None: a small network with random weights that suits
        the kind of input.
    sharing : Sharing, default=None
        What the tasks share: ``HardSharing()``, ``MMoE()``, ``CrossStitch()`` and the others. None: ``HardSharing()``,
        one network up to the heads.
    weighting : Weighting, default=None
        How much each task counts at a step: ``UncertaintyWeighting()``, ``UPGrad()`` and the others. None:
        ``EqualWeighting()``, since numbers are standardised and no other is better everywhere.
    auxiliary : list of task names and made tasks, default=()
        Tasks that only serve: they are trained with the others and then dropped, neither judged nor predicted. Names of
        labelled tasks, or tasks made of the rows themselves: ``MaskedFeatures()``, ``Rotation()``,
        ``DomainPrediction()``.
    auxiliary_weights : AuxiliaryWeights, default=None
        How much these count: ``FixedWeight(0.3)``, ``GradientGate()``, which lets them pass where they agree with the
        main tasks, or ``LearnedWeight()``, which follows the loss on rows held out. None: as much as the others.
    folds : int, default=5
        Over how many folds each task is judged against a network of its own, of the same size, trained in the same way
        and as long. It takes as many times as long as the joint and all single fits. None: neither verdict nor
        fallback.
    fallback : {"hurts", "doubt", "never"}, default="hurts"
        Which tasks get a network of their own in the end: those whose verdict is "hurts"; all whose verdict is not
        "helps"; none.
    affinity : int, default=30
        At how many steps of the training to measure who helps whom; 0 for never. It costs about as many times
        three steps for each task.
    weights : str or path, default=None
        A folder or file with the backbone's weights; nothing is then looked up elsewhere.
    policy : policy or list of policies, default=None
        What trains, from when, how fast: see ``headstart.neural.FullFineTune``, ``LinearProbe`` and the others.
    adapter : adapter, default=None
        Train this in place of the weights of the encoder that all tasks share: see ``headstart.neural.LoRA``.
    kind : {"images", "texts", "series", "table", "dataset"}, default=None
        What X holds, where it cannot be told from X itself.
    epochs : int, default=None
        Passes over the rows. None: enough for about 300 steps (900 with random weights, 100 of a pretrained network for
        texts), since few labels need many passes and many need few.
    batch_size : int, default=None
        Rows of a step. None: an eighth of the rows, 8 to 32.
    learning_rate : float, default=None
        The highest rate. None: 3e-4 for images and 5e-5 for texts from a pretrained backbone, 1e-3 for an adapter in
        it, 2e-3 for the small networks of ``backbone=None``. Heads learn at 1e-3 at least.
    weight_decay : float, default=0.01
        Decoupled decay, of AdamW.
    schedule : {"one-cycle", "cosine", "linear", "constant"}, default="one-cycle"
        How the rate moves.
    patience : int, "auto" or None, default="auto"
        Stop after so many epochs without a smaller sum of the tasks' losses on rows held out, and keep the best
        weights. None: train all epochs on all rows. "auto": a quarter of the epochs for small networks of headstart's
        on a table with at least 20 labels of each task, where neither epochs nor auxiliary tasks are given: they soon
        know few rows by heart; if the sum was lowest in the second half of the epochs, they are trained anew on all
        rows. None for everything else, whose few labels are better learnt from.
    validation_share : float, default=0.2
        Share of the rows that ``patience`` holds out.
    augment : {"none", "flip", "crop"}, default="none"
        Random changes of images while they are learnt from.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        "auto": bfloat16 on devices made for it.
    accumulate : int, default=1
        Parts in which a batch is computed, to save memory; the tasks are weighed in each part on its own.
    clip : float, default=1.0
        Largest norm of the gradient; None: no limit.
    device : str, default="auto"
        "auto": CUDA, else MPS, else the CPU.
    folder : path, default=None
        Where training leaves checkpoints, of every network that is trained, folds included.
    resume : bool, default=False
        Go on from the checkpoints in ``folder``; the result is that of a training without interruption.
    callbacks : sequence, default=()
        Called at each step and epoch of every training, of all folds too, whose "name" ``on_start`` is told, such as
        "joint" or "fold 0/alone NAME": see ``headstart.neural.ProgressBar``.
    random_state : int, RandomState or None, default=None
        Decides initial weights, folds, the order of rows and all that is drawn.
    kinds : dict, default=None
        "classification" or "regression" for tasks by name, where labels do not tell: words, truth values and two
        numbers are classes, numbers with fractions are numbers, and of more whole numbers it has to be said.

    Attributes
    ----------
    tasks_ : list of length n_tasks
        Names of the tasks that are predicted: the columns of Y, ``y0``, ``y1`` ... of an array, or of the domains.
    kinds_ : list of str
        "classification" or "regression", for each task.
    classes_ : list
        The classes of each task, sorted; None for numbers.
    verdicts_ : list of TaskVerdict
        For each task, whether it gained over a network of its own, on held-out rows, with an interval. Not there where
        ``folds`` is None.
    table_ : DataFrame
        The same as a table, with ``uses``: the network that predicts the task, "joint" or "alone".
    alone_ : list
        The tasks that fell back to a network of their own.
    affinity_ : DataFrame or None
        Who helps whom: what short steps on one task (row) take off the loss of each (column), as a share of it, over
        the training (Fifty et al. 2021).
    groups_ : list of list or None
        The tasks to train together that ``affinity_`` proposes: see ``propose_groups``.
    learnt_ : dict of str to DataFrame
        What the sharing has learnt, such as cross-stitch units or gate loads.
    task_weights_ : Series
        The mean weight of each task over the steps at which it had labels, the fixed or learned weight of an auxiliary
        task included. NaN for weightings that weigh entries of gradients, not tasks, such as ``GradDrop()``.
    network_ : torch.nn.Module
        The joint network.
    layers_, histories_, notes_, backbone_name_
        As of ``headstart.neural.FineTuneClassifier``; histories are called "joint" and "alone NAME".

    Raises
    ------
    InputError
        Where a task has no labels or one class, tasks have the same name, there is one task only, or a setting
        cannot be used; TrainingDiverged where the loss is no longer finite.
    InputTypeError
        Where a list of domains holds anything else.

    Notes
    -----
    The loss of a task at a step is the mean over its labelled rows, so that a gap costs no other task its row. Numbers
    are brought to mean 0 and deviation 1 for training, and predicted in their own unit. All labels of a row are in one
    fold. The verdict judges the joint network against single ones; which one a task uses in the end follows from it, so
    that the score of a task that fell back is the one called "alone".

    References
    ----------
    Caruana (1997). Multitask learning. Machine Learning 28.
    Standley et al. (2020). Which tasks should be learned together in multi-task learning? ICML.
    Fifty et al. (2021). Efficiently identifying task groupings for multi-task learning. NeurIPS.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from headstart.multitask import MultiTaskLearner
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 3))
    >>> product = X[:, 0] * X[:, 1]
    >>> Y = pd.DataFrame({"kind": np.where(product > 0, "a", "b"), "size": 10 + product})
    >>> model = MultiTaskLearner(folds=None, epochs=40, random_state=0).fit(X, Y)
    >>> model.kinds_
    ['classification', 'regression']
    >>> model.predict([[2.0, 2.0, 0.0]]).round(-1).to_dict("list")
    {'kind': ['a'], 'size': [10.0]}
    """

    _kinds = None

    def __init__(
        self,
        backbone: Any = None,
        *,
        kinds: Any = None,
        sharing: Any = None,
        weighting: Any = None,
        auxiliary: Any = (),
        auxiliary_weights: Any = None,
        folds: int | None = 5,
        fallback: str = "hurts",
        affinity: int = 30,
        weights: Any = None,
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
        super().__init__(
            backbone,
            sharing=sharing,
            weighting=weighting,
            auxiliary=auxiliary,
            auxiliary_weights=auxiliary_weights,
            folds=folds,
            fallback=fallback,
            affinity=affinity,
            weights=weights,
            policy=policy,
            adapter=adapter,
            kind=kind,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            schedule=schedule,
            patience=patience,
            validation_share=validation_share,
            augment=augment,
            precision=precision,
            accumulate=accumulate,
            clip=clip,
            device=device,
            folder=folder,
            resume=resume,
            callbacks=callbacks,
            random_state=random_state,
        )
        self.kinds = kinds

    def predict(self, X: Any, task: Any = None) -> Any:
        """Predictions as a frame with a column for each task, or (n_rows,) of one task."""
        if task is not None:
            return self._predicted(X, [self._place(task)])[0]
        said = self._predicted(X, list(range(len(self._placed()))))
        return pd.DataFrame(dict(zip(self.tasks_, said, strict=True)))

    def predict_proba(self, X: Any, task: Any) -> np.ndarray:
        """Probabilities (n_rows, n_classes) of one task, whose labels have to be classes."""
        place = self._place(task)
        if self.kinds_[place] != "classification":
            raise InputError(f"task {task!r} predicts numbers, which have no probabilities; expected one of classes")
        return self._probabilities(X, [place])[0]
