"""The transfer setting in the words of the textbooks, and the methods that fit it."""

from __future__ import annotations

from dataclasses import dataclass

from .columns import Columns
from .concept import ConceptShift
from .covariates import CovariateShift
from .labels import LabelShift
from .rules import LEAST_SAME


@dataclass(frozen=True)
class Method:
    """A method of headstart that applies, and why."""

    name: str
    reason: str


def settle(
    columns: Columns, x: CovariateShift, y: LabelShift, concept: ConceptShift, n_labelled: int
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The setting, what cannot be told, and the settings that remain where a shift was seen that none of them owns.

    p(x) and p(y) always move together when anything but noise moves, so that neither names the setting alone. What
    stays the same does: p(x given y) under label shift, p(y given x) under domain adaptation, neither under concept
    shift. ``n_labelled`` target rows have a label.
    """
    setting = []
    if not columns.same:
        setting.append("heterogeneous")
    if y.same_space is False:
        setting.append("different label space")
    shift, possible = _shift(x, y, concept, n_labelled)
    setting += shift
    unsure = []
    named = "label shift" in setting  # which says how p(y given x) moves
    if columns.shared and x.decision == "undetermined":
        unsure.append("p(x)")
    if y.decision in ("undetermined", None) and y.same_space is not False:
        unsure.append("p(y)")
    if columns.shared and (concept.decision is None or (concept.decision == "undetermined" and not named)):
        unsure.append("p(y given x)")
    if y.given_label == "undetermined" and (y.decision == "moved" or possible):
        unsure.append("p(x given y)")
    if not setting:
        setting = ["undetermined"] if unsure or possible else ["identical"]
    return tuple(setting), tuple(unsure), tuple(possible)


def _shift(x: CovariateShift, y: LabelShift, concept: ConceptShift, n_labelled: int) -> tuple[list[str], list[str]]:
    """The shifts that are named, or those that remain possible.

    As long as nothing speaks against "rows of one label look the same", other shares of the labels may be all there
    is: p(x) and p(y given x) move with them. With few rows nothing ever speaks against it, so that a shift that was
    seen then stays without a name.
    """
    found = []
    if x.decision == "moved":
        found.append("domain adaptation")
    if concept.decision == "moved":
        found.append("concept shift")
    seen = "moved" in (x.decision, y.decision)
    if not seen or y.decision in ("same", None) or y.given_label == "moved":
        return found, []
    if y.given_label is None and concept.decision == "moved":  # no label in common, and that is not all
        return found, []
    if y.decision == "moved" and y.given_label == "same":
        return ["label shift"], []
    if y.decision == concept.decision == "moved" and n_labelled >= 2 * LEAST_SAME:
        return ["label shift"], []
    possible = ["label shift"]
    if x.decision != "same" and concept.decision != "moved":
        possible.append("domain adaptation")
    if concept.decision != "same":
        possible.append("concept shift")
    return [], possible


def methods_for(
    setting: tuple[str, ...],
    unsure: tuple[str, ...],
    columns: Columns,
    x: CovariateShift,
    y: LabelShift,
    concept: ConceptShift,
    n_source: int,
    *,
    target_labels: bool,
    source_labels: bool,
) -> tuple[tuple[Method, ...], tuple[Method, ...]]:
    """The methods that apply, the most fitting first, and those advised against, each with the reason."""
    kind = "Regressor" if y.task == "regression" else "Classifier"
    use: list[Method] = []
    avoid: list[Method] = []
    if not source_labels:
        why = "the source has no labels: only p(x) can be compared"
        use.append(Method("KMM, ULSIF, DomainClassifierWeighter", why))
        return tuple(use), ()
    if target_labels:
        use += _with_labels(kind, setting, columns, x, y, concept)
    use += _by_weight(kind, setting, columns, x, y, concept, n_source, avoid)
    if not target_labels and columns.shared and not use:
        use.append(Method("pooled", "without target labels nothing better than the source's model can be had"))
    if "different label space" in setting:
        avoid.append(
            Method(
                "source only", "it cannot predict labels that the source lacks, or predicts some that the target lacks"
            )
        )
    elif concept.relation in ("none", "reversed"):
        avoid.append(
            Method(
                "source only, pooled",
                f"on target rows the source's model is "
                f"{'worse than guessing' if concept.relation == 'reversed' else 'no better than guessing'}",
            )
        )
    elif "concept shift" in setting:
        avoid.append(Method("source only, pooled", "the same row has another label in the source"))
    if not columns.shared:
        return tuple(_without_columns(kind, target_labels)), ()
    if target_labels:
        why = "tries all that apply on held-out target rows against target only, and says whether any helps"
        use.append(Method(f"Transfer{kind}", why))
    if not columns.same:
        use = [_on_shared(m, kind, len(columns.shared)) for m in use]
        use.insert(0, use.pop())
    return tuple(use), tuple(avoid)


def _without_columns(kind: str, target_labels: bool) -> list[Method]:
    """What is left where no column can be compared: the labels, and above all to find columns that mean the same."""
    why = "no column can be compared; rename the columns that mean the same, or bring them to one type"
    if not target_labels:
        return [Method("none yet", f"{why}; or label some target rows, since labels can link the domains too")]
    told = "links the domains by their labels (CommonSpace), which seldom helps, and says whether it does"
    return [Method("target only", why), Method(f"Transfer{kind}", told)]


def _on_shared(method: Method, kind: str, n: int) -> Method:
    """The same method where columns differ: only the choice takes tables as they are."""
    if method.name == f"Transfer{kind}":
        columns = "one that they share" if n == 1 else f"{n} that they share"
        return Method(method.name, f"learns from all columns of both domains, linked by the {columns}; {method.reason}")
    return Method(f"{method.name} (shared columns)", method.reason)


def _with_labels(
    kind: str, setting: tuple[str, ...], columns: Columns, x: CovariateShift, y: LabelShift, concept: ConceptShift
) -> list[Method]:
    out = []
    if not columns.shared:
        return []
    if "identical" in setting:
        out.append(Method("pooled", "no difference that matters was found: source rows are as good as target rows"))
    if "concept shift" in setting:
        out.append(
            Method(
                f"SourcePrior{kind}",
                "p(y given x) differs: the source's prediction becomes a feature, and "
                "target labels say how far, and in which direction, to trust it",
            )
        )
        out.append(
            Method(
                "FeatureAugmentation",
                "lets each column have one effect common to both domains and one of the target alone",
            )
        )
        if concept.relation not in ("none", "reversed"):
            out.append(Method(f"TrAdaBoost{kind}", "drops source rows whose labels contradict the target's"))
    else:
        why = "target labels correct the source's model where it is off, at little cost if it is right"
        out.append(Method(f"SourcePrior{kind}", why))
        if "identical" not in setting:
            out.append(Method("FeatureAugmentation", "cheap, and safe should p(y given x) differ after all"))
    return out


def _by_weight(
    kind: str,
    setting: tuple[str, ...],
    columns: Columns,
    x: CovariateShift,
    y: LabelShift,
    concept: ConceptShift,
    n_source: int,
    avoid: list[Method],
) -> list[Method]:
    out = []
    if "label shift" in setting and kind == "Classifier":
        out.append(
            Method(
                "Reweighted with LabelShiftWeighter",
                "the classes have other shares and look the same otherwise: weights by class mend it",
            )
        )
    if not columns.shared or x.auc is None:
        return out
    n = x.effective_source_rows or 0.0
    weighters = "Reweighted with KMM, ULSIF, RULSIF, KLIEP, DomainClassifierWeighter or NearestNeighborWeighter"
    if "domain adaptation" in setting:
        if n >= 30 or n >= 0.1 * n_source:
            caution = "" if "concept shift" not in setting else ", though it cannot mend the other p(y given x)"
            out.append(
                Method(
                    weighters,
                    f"p(x) moved; weights of the source rows mend it{caution}, and leave "
                    f"{n:.0f} effective rows of {n_source}",
                )
            )
        else:
            avoid.append(
                Method(
                    weighters,
                    f"the domains hardly overlap: the weights would leave {n:.0f} effective "
                    f"rows of {n_source}; of these RULSIF is the most careful",
                )
            )
    elif x.decision == "same":
        avoid.append(Method("Reweighted by p(x)", "p(x) is the same: weights would only add noise"))
    return out
