"""What linear and kernel models of several tasks share: tables read, folds, predictions, verdicts. Needs no torch."""
