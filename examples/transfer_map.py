"""Which hospital's records help which other one, at 30 labelled patients, and whose rows hurt when pooled?"""

import tempfile
from pathlib import Path

import headstart as hs
from headstart.report import write_transfer_map

hospitals = hs.datasets.load_heart()
del hospitals["Switzerland"]  # 93 % of its patients are ill: 30 of them hardly tell a good model from a bad one

with tempfile.TemporaryDirectory() as folder:
    # Every measurement is kept in the file: run it again after an interruption, and it goes on.
    found = hs.map_transfers(
        hospitals, targets=["Hungary", "VA Long Beach"], n_target=30, repeats=1, resume=Path(folder, "map.jsonl")
    )
    write_transfer_map(Path(folder, "map.html"), found=found)

print(found)
print("\nGain of plain pooling, from the row to the column:")
print(found.pooling_.round(3).to_string())
best = found.table_.sort_values("gain", ascending=False).iloc[0]
print(f"\nThe largest gain: {best['sources']} to {best['target']}, {best['gain']:+.3f} ({best['verdict']}).")
