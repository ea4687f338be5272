"""Networks of several tasks as estimators: read, train, judge, keep."""
