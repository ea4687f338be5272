"""Diagnose synthetic shifts whose answer is known."""

import headstart as hs

for kind in ("identical", "covariate", "label", "concept"):
    shift = hs.datasets.make_shift(kind, n_target=200, n_source=600, random_state=1)
    diagnosis = hs.diagnose(shift.target, shift.source)
    print(f"made: {' + '.join(shift.answer.setting)}")
    print(diagnosis)
    print()
