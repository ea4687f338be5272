"""How images, texts, series, tables and torch datasets become batches of tensors.

``kind_of(X)`` tells what ``X`` is. A reader is fitted on training rows and then reads any rows: ``reader.fit(X,
source_blocks).read(X)`` are ``Rows``, and ``rows.batch(index, device)`` is a batch.

========== ========================================== =======================================================
reader     unfitted                                   a batch
========== ========================================== =======================================================
images     ``ImageReader(size, channels, mean, std)`` float (n, channels, height, width)
texts      ``TextReader(tokenizer, max_length)``      dict of ``input_ids`` and ``attention_mask``, (n, longest)
series     ``SeriesReader()``                         float (n, channels, length)
table      ``TableReader()``                          float (n, n_features)
dataset    ``DatasetReader()``                        whatever its items collate to
========== ========================================== =======================================================
"""

from .base import Batch, Reader, Rows
from .dataset import DatasetReader, labels_of
from .images import ImageReader
from .kinds import KINDS, kind_of
from .readers import reader_for, reader_from_plain
from .series import SeriesReader
from .table import TableReader
from .texts import TextReader
from .words import WordTokenizer

__all__ = [
    "KINDS",
    "Batch",
    "DatasetReader",
    "ImageReader",
    "Reader",
    "Rows",
    "SeriesReader",
    "TableReader",
    "TextReader",
    "WordTokenizer",
    "kind_of",
    "labels_of",
    "reader_for",
    "reader_from_plain",
]
