"""``PromptedTasks``: many labelled text tasks as one objective of a language model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from ...core.errors import InputError
from ...neural import defaults
from ...neural.adapters.lora import LoRA
from ...neural.training.history import History
from ...neural.training.settings import TrainingSettings
from .checks import check_parameters
from .keeping import Live
from .model import LanguageModel, open_language_model
from .predicting import Predicts
from .preparing import asked, examples_of, read_all
from .training import SHARED, Examples, joined, train_adapter


class PromptedTasks(Predicts):
    """Tell the classes of many text tasks by one language model that is asked in words.

    Each labelled text becomes a prompt and an answer, and the model learns the answers: by one adapter for all tasks,
    by one for each, or not at all (zero-shot, and few-shot with ``shots``). A class is as probable as its words are
    after the prompt, among the words of all classes.

    Parameters
    ----------
    backbone : str, path, model or LanguageModel
        A causal language model, such as ``"hf/meta-llama/Meta-Llama-3-8B"``, a folder, a GGUF file, or what
        ``open_language_model`` gave.
    tasks : list of TextTask, default=None
        Prompts and words of the tasks, by name; tasks that are not in it have the default prompt, and classes that
        are words.
    adapters : {"shared", "per-task", "none"}, default="shared"
        One adapter that all tasks train together, one for each task, or no training. ``fit`` then only reads which
        classes there are, and the examples of ``shots``.
    weights : str or path, default=None
        The folder or GGUF file of the model, where ``backbone`` is a name; nothing is then fetched.
    adapter : adapter, default=None
        What is trained: see ``headstart.neural.LoRA``. None: ``LoRA()``, in all projections of attention.
    shots : int, default=0
        Labelled rows of the task that are shown in each prompt, as many of each class as of any other. They have no
        other part in training.
    task_weights : dict or "tasks", default=None
        How much a row of each task counts in the loss of ``adapters="shared"``; tasks that a dict leaves out have 1.
        "tasks": each task counts the same, however many rows it has. None: each row counts the same.
    by_token : bool, default=False
        Divide log likelihoods, in training and prediction, by the number of an answer's tokens, so that long answers
        are not less probable for their length alone. False: probabilities are the model's own, restricted to the
        answers.
    chat : bool, default=False
        Ask in turns of a chat, as the tokenizer's template writes them: for models that were trained to converse.
    max_length : int, default=256
        Tokens of a text at most, also of those that are shown as examples. Longer texts lose their end; the words of
        the task and the answers are never cut.
    epochs : int, default=None
        Passes over the rows. None: enough for about 100 steps of each adapter, 3 to 60.
    batch_size : int, default=8
        Rows of a step, of all tasks mixed.
    learning_rate : float, default=None
        The highest rate. None: 1e-3, as for adapters elsewhere.
    weight_decay : float, default=0.01
        Decoupled decay, of AdamW.
    schedule : {"one-cycle", "cosine", "linear", "constant"}, default="one-cycle"
        How the rate moves.
    accumulate : int, default=1
        Parts in which a batch is computed, to save memory.
    clip : float, default=1.0
        Largest norm of the gradient; None: no limit.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Of the computation in training. "auto": bfloat16 on devices made for it.
    dtype : {"float32", "bfloat16"}, default=None
        Of the weights, where a name or path is opened. None: float32.
    device : str, default="auto"
        "auto": CUDA, else MPS, else the CPU.
    callbacks : sequence, default=()
        Called at each step and epoch of each adapter: see ``headstart.neural.ProgressBar``.
    random_state : int, RandomState or None, default=None
        Decides examples, weights that start at random, and the order of rows.

    Attributes
    ----------
    tasks_ : list of str
        The columns of Y, ``y0``, ``y1`` ... of an array, or the names of the domains.
    classes_ : list of arrays
        The classes of each task, sorted.
    prompts_ : dict
        The prompt of each task with its examples, in which ``{text}`` stands for the text; of ``chat``, before the
        template of the chat.
    shots_ : dict
        Which rows of the table, or of the task's domain, are shown as examples.
    adapters_ : dict
        The adapters by task, or as "shared", such as for ``headstart.neural.save_adapter``.
    layers_ : DataFrame or None
        What trains in an adapter, one row a layer.
    histories_ : dict
        The course of training of each adapter.
    notes_ : list of str
        What loading the weights had to say.

    Raises
    ------
    InputError
        Where a task has one class or none, classes are no words and have none, words have the same tokens, tasks have
        one name, texts are empty, or examples leave no room for a text.

    Notes
    -----
    *Answers* begin with a space, or stand on a line of their own where the template ends with a line break. The tokens
    of prompt and answer are those of the whole string; a template that melts with an answer into one token is refused.
    Where one answer begins with another ("good", "good enough"), all are closed by a line break (of ``chat``: by the
    end of the turn), since the shorter one would always be as likely or likelier.

    *Loss*: minus the log likelihood of the answers, of no other token.

    *Cost of a prediction*: one pass over each prompt, whatever the number of classes, and one over each beginning that
    answers of several tokens have; examples and instructions are computed once for all rows.

    References
    ----------
    Brown et al. (2020), Language models are few-shot learners. NeurIPS.
    Sanh et al. (2022), Multitask prompted training enables zero-shot task generalization. ICLR.
    Hu et al. (2022), LoRA: low-rank adaptation of large language models. ICLR.

    Examples
    --------
    >>> import headstart as hs
    >>> from headstart.multitask import PromptedTasks, TextTask
    >>> words = {0: "negative", 1: "positive"}
    >>> model = PromptedTasks("hf/HuggingFaceTB/SmolLM2-135M-Instruct", tasks=[TextTask("books", labels=words)])
    >>> model.fit(hs.Domain(["A dull book.", "I loved it.", "So so."], [0, 1, 2], name="books"))
    Traceback (most recent call last):
    headstart.core.errors.InputError: task 'books' has the label 2, for which it has no words; expected labels among ...
    """

    def __init__(
        self,
        backbone: Any = None,
        tasks: Any = None,
        *,
        adapters: str = "shared",
        weights: Any = None,
        adapter: Any = None,
        shots: int = 0,
        task_weights: Any = None,
        by_token: bool = False,
        chat: bool = False,
        max_length: int = 256,
        epochs: int | None = None,
        batch_size: int = 8,
        learning_rate: float | None = None,
        weight_decay: float = 0.01,
        schedule: str = "one-cycle",
        accumulate: int = 1,
        clip: float | None = 1.0,
        precision: str = "auto",
        dtype: str | None = None,
        device: str = "auto",
        callbacks: Any = (),
        random_state: Any = None,
    ) -> None:
        self.backbone = backbone
        self.tasks = tasks
        self.adapters = adapters
        self.weights = weights
        self.adapter = adapter
        self.shots = shots
        self.task_weights = task_weights
        self.by_token = by_token
        self.chat = chat
        self.max_length = max_length
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.accumulate = accumulate
        self.clip = clip
        self.precision = precision
        self.dtype = dtype
        self.device = device
        self.callbacks = callbacks
        self.random_state = random_state

    def fit(self, X: Any, Y: Any = None) -> PromptedTasks:
        """Make the prompts, and train.

        Parameters
        ----------
        X : column of texts, list of Domain or Sources
            Texts that all tasks share; or one Domain a task, with texts and labels of its own.
        Y : table of shape (n_rows, n_tasks), default=None
            One column for each task. Gaps (NaN, None) are allowed anywhere: a missing label takes a row from its task
            alone. None where ``X`` is domains.

        Returns
        -------
        self
        """
        check_parameters(self)
        read = read_all(self, X, Y)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        language = open_language_model(self.backbone, weights=self.weights, dtype=self.dtype)
        if self.chat and language.chat is None:
            raise InputError(
                f"chat=True and the tokenizer of {language.name!r} has no chat template; expected chat=False"
            )
        made = [asked(self, one, np.random.default_rng([seed, k]), language) for k, one in enumerate(read)]
        examples = [examples_of(r, a, language) for r, a in zip(read, made, strict=True)] if self._trains else []
        self.tasks_ = [one.task.name for one in read]
        self.classes_ = [one.classes for one in read]
        self.prompts_ = {a.prompt.task: a.spelt for a in made}
        self.shots_ = {a.prompt.task: r.labelled.rows[a.shown] for r, a in zip(read, made, strict=True)}
        self.notes_ = list(language.notes)
        self._prompts = [a.prompt for a in made]
        self._live = Live(language)
        self.__dict__.pop("_kept", None)
        self.layers_: pd.DataFrame | None = None
        self.histories_: dict[str, History] = {}
        if self._trains:
            self._train(language, examples, seed)
        language.model.cpu()
        return self

    @property
    def _trains(self) -> bool:
        return self.adapters != "none"

    def _train(self, language: LanguageModel, examples: list[Examples], seed: int) -> None:
        together = self.adapters == "shared"
        adapter = LoRA() if self.adapter is None else self.adapter
        for k, rows in enumerate([joined(examples)] if together else examples):
            name = SHARED if together else self.tasks_[k]
            settings = self._settings(len(rows))
            _, self.layers_, self.histories_[name] = train_adapter(
                language.model,
                adapter,
                SHARED if together else f"task{k}",
                rows,
                settings,
                pad=language.tokens.pad,
                by_token=self.by_token,
                seed=(seed + 2 * k) % (2**31),
                callbacks=self.callbacks,
            )

    def _settings(self, n_rows: int) -> TrainingSettings:
        epochs = defaults.epochs(n_rows, self.batch_size, True, language=True) if self.epochs is None else self.epochs
        return TrainingSettings(
            epochs=epochs,
            batch_size=self.batch_size,
            learning_rate=defaults.ADAPTER_RATE if self.learning_rate is None else self.learning_rate,
            weight_decay=self.weight_decay,
            schedule=self.schedule,
            accumulate=self.accumulate,
            clip=self.clip,
            precision=self.precision,
            device=self.device,
        )
