"""What the page of a map of transfer calls its parts: of domains, or of tasks."""

WORDS = {
    "domains": {
        "kicker": "Map of transfer",
        "weighs": "The model weighs the source by held-out rows of the target, so it can lean on a source or leave it. "
        "These weights are estimates too: with few rows they cost a little where a source brings nothing, so that a "
        "small loss here does not say that the source harms.",
        "trust_nav": "What pooling does",
        "trust": "Someone who trusts a source puts its rows beside the target's and fits one model. Negative transfer "
        "is where that is worse than the target alone.",
        "trust_title": "Gain of plain pooling",
        "by_trust": "pooling",
        "trusting": "pooling",
        "trust_head": "Pooling",
        "column": "pooling",
        "who_trusts": "pools {source} into {target}",
        "left_out": "Not a target",
        "used": "Labelled rows used of each target",
        "used_source": "Rows of each source, or sources together",
    },
    "tasks": {
        "kicker": "Map of tasks",
        "weighs": "A model of the source task says what it makes of each row of the target, without having seen its "
        "label of that row. The target's model weighs that by held-out rows, so it can lean on a task or leave it. "
        "These weights are estimates too: with few labels they cost a little where a task brings nothing, so that a "
        "small loss here does not say that the task harms.",
        "trust_nav": "What trusting does",
        "trust": "Someone who trusts a source task always adds the outputs of its model to the columns, and fits what "
        "fits the target alone best. Negative transfer is where that is worse than without them.",
        "trust_title": "Gain of always adding the outputs as columns",
        "by_trust": "always adding the outputs as columns",
        "trusting": "trusting",
        "trust_head": "Outputs as columns",
        "column": "plain",
        "who_trusts": "always adds the outputs of {source} to the columns of {target}",
        "left_out": "Left out as a target or source",
        "used": "Labels used of each target",
        "used_source": "Labels of each source task, or tasks together",
    },
}
