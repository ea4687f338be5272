"""The list of all checks, and the one call that runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from sklearn.base import is_classifier

from . import domains, honesty, labels, selection, storing, tables

Check = Callable[[], None]


def transfer_checks(estimator: Any, *, target_only: Any = None) -> Iterator[tuple[str, Check]]:
    """List the checks of the transfer contract that apply to an estimator, for instance for pytest to parametrize.

    Parameters
    ----------
    estimator : estimator instance
        A predictor, a weighter (``source_weight_``) or an aligner (``transform``, ``transform_source``), not fitted.
        It is copied, never changed.
    target_only : estimator instance, default=None
        What the estimator must equal exactly where no source is given. By default its parameter ``estimator``,
        where it has one.

    Yields
    ------
    name : str
        The name of the check.
    check : callable
        Runs it; raises AssertionError where the contract is broken.

    Examples
    --------
    >>> import headstart as hs
    >>> from sklearn.linear_model import LogisticRegression
    >>> names = [name for name, _ in hs.testing.transfer_checks(hs.Reweighted(LogisticRegression(), hs.ULSIF()))]
    >>> names[:2]
    ['fit_changes_no_input', 'fit_changes_no_parameter']
    """
    checks: list[Callable[[Any], None]] = [
        honesty.fit_changes_no_input,
        honesty.fit_changes_no_parameter,
        honesty.fit_leaves_global_state_alone,
        honesty.fit_prints_nothing,
        honesty.same_seed_same_result,
        honesty.refit_forgets,
        honesty.parameters_survive_clone,
        domains.bare_arrays_are_refused,
        domains.several_sources_are_read,
        domains.source_of_other_width_is_refused,
        domains.missing_target_labels_are_used_or_refused,
        domains.unlabeled_rows_are_read,
        tables.source_columns_are_matched_by_name,
        tables.columns_in_another_order_are_refused,
        tables.wrong_number_of_columns_is_refused,
        tables.memory_layout_plays_no_part,
        tables.polars_frames_are_read,
        selection.cross_validation_keeps_the_source_whole,
        selection.grid_search_keeps_the_source_whole,
        selection.learning_curve_keeps_the_source_whole,
        selection.metadata_routing_keeps_the_source_whole,
        storing.survives_pickle,
        storing.survives_save_and_load,
    ]
    if is_classifier(estimator):
        checks += [
            labels.any_two_labels_do,
            labels.probabilities_follow_classes,
            labels.labels_of_one_domain_only_are_known,
        ]
    for check in checks:
        yield check.__name__, partial(check, estimator)
    yield (
        "no_source_is_target_only",
        partial(domains.no_source_is_target_only, estimator, target_only=target_only),
    )


def check_transfer_estimator(estimator: Any, *, target_only: Any = None) -> None:
    """Run every check of the transfer contract over an estimator, the ones of headstart and those of users alike.

    It takes what scikit-learn's ``check_estimator`` cannot know: how an estimator treats a source.

    Parameters
    ----------
    estimator : estimator instance
        A predictor, a weighter (``source_weight_``) or an aligner (``transform``, ``transform_source``), not fitted.
        It is copied, never changed.
    target_only : estimator instance, default=None
        What the estimator must equal exactly where no source is given. By default its parameter ``estimator``,
        where it has one.

    Raises
    ------
    AssertionError
        Where the contract is broken; the message names the check, what was found and what was expected.

    Examples
    --------
    >>> import headstart as hs
    >>> hs.testing.check_transfer_estimator(hs.NearestNeighborWeighter())
    """
    for name, check in transfer_checks(estimator, target_only=target_only):
        try:
            check()
        except Exception as error:
            error.add_note(f"in the check {name} of {estimator!r}")
            raise
