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
