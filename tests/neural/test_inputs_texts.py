"""Texts as tokens: the small tokenizer of one's own, and those of pretrained networks."""

import json

import numpy as np
import pytest
import torch

import headstart as hs
from headstart.neural.inputs import TextReader, WordTokenizer, reader_from_plain

TEXTS = ["Good tea, good cup!", "a good cup of tea", "the TEA is cold"]


def test_words_of_two_texts_are_tokens_and_others_are_spelt():
    tokenizer = WordTokenizer.of(TEXTS)
    assert [t for t in tokenizer.tokens if len(t.removeprefix("##")) > 1] == ["[PAD]", "[UNK]", "tea", "cup", "good"]
    words = [tokenizer.tokens[k] for k in tokenizer.encode("Tea? Good code")]
    assert words == ["tea", "[UNK]", "good", "c", "##o", "##d", "##e"]
    assert tokenizer.encode(" \n") == [1] and tokenizer.pad_id == 0
    assert WordTokenizer.of(reversed(TEXTS)) == tokenizer  # whatever the order of the rows
    assert len(WordTokenizer.of(TEXTS, most_words=1, most_letters=2)) == 2 + 2 + 2 + 1


def test_sources_share_the_vocabulary():
    reader = TextReader().fit(["tea"], source_blocks=[["pot"], ["pot"]])
    assert "pot" in reader.tokenizer.tokens and reader.n_tokens == len(reader.tokenizer.tokens)


def test_a_batch_is_padded_to_its_longest(rng):
    texts = [" ".join(rng.choice(["tea", "cup", "pot"], size=n)) for n in rng.integers(1, 30, size=50)]
    reader = TextReader().fit(texts)
    rows = reader.read(texts)
    for index in ([3], [7, 7, 1], rng.permutation(50)[:20]):
        expected = [reader.tokenizer.encode(texts[k]) for k in index]
        batch = rows.batch(index)
        longest = max(map(len, expected))
        assert batch["input_ids"].shape == batch["attention_mask"].shape == (len(index), longest)
        assert batch["input_ids"].dtype == batch["attention_mask"].dtype == torch.int64
        for ids, mask, wanted in zip(batch["input_ids"], batch["attention_mask"], expected, strict=True):
            assert ids.tolist() == wanted + [0] * (longest - len(wanted))
            assert mask.tolist() == [1] * len(wanted) + [0] * (longest - len(wanted))


def test_long_texts_are_cut_and_counted_once():
    reader = TextReader(max_length=3).fit(["tea tea"] * 2)
    with pytest.warns(hs.HeadstartWarning, match="2 of 3 texts of X are longer than max_length=3 tokens") as caught:
        rows = reader.read(["tea " * 4, "tea", "tea " * 9])
    assert len(caught) == 1 and rows.batch([0, 1, 2])["input_ids"].shape == (3, 3)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (["a", " ", "b", ""], hs.InputError, "X has 2 empty texts among 4, the first at row 1; expected words"),
        (
            ["a", None, 3.5],
            hs.InputTypeError,
            "X has 2 rows that are no texts, the first None of type NoneType at row 1",
        ),
        (
            np.array(["a", 7], dtype=object),
            hs.InputTypeError,
            "1 rows that are no texts, the first 7 of type int at row 1",
        ),
        ([], hs.InputError, "X has no rows; expected at least one text"),
    ],
)
def test_what_are_no_texts_is_refused(X, error, message):
    with pytest.raises(error, match=message):
        TextReader().fit(X)
    with pytest.raises(error, match=message):
        TextReader().fit(["fine"]).read(X)


def test_settings_are_checked():
    with pytest.raises(hs.InputError, match="max_length is 0; expected a whole number of at least 1"):
        TextReader(max_length=0)
    with pytest.raises(hs.InputTypeError, match="tokenizer is of type list; expected a fast tokenizer of transformers"):
        TextReader([])
    with pytest.raises(hs.InputError, match=r"no tokenizer yet; expected reader.fit\(X\)"):
        TextReader().read(["a"])


def _fast(**special):
    tokenizers = pytest.importorskip("tokenizers")
    words = {w: k for k, w in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "tea", "cup"])}
    inner = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    inner.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return inner


def test_a_pretrained_tokenizer_gives_the_same_as_transformers():
    transformers = pytest.importorskip("transformers")
    peer = transformers.PreTrainedTokenizerFast(tokenizer_object=_fast(), pad_token="[PAD]", unk_token="[UNK]")
    texts = ["good tea", "tea", "good good good tea cup cup"]
    reader = TextReader(peer, max_length=6)
    assert reader.is_fitted and reader.fit(texts) is reader and reader.n_tokens == 7 and reader.pad_id == 0
    with pytest.warns(hs.HeadstartWarning, match="1 of 3 texts"):
        found = reader.read(texts).batch([0, 1, 2])
    expected = peer(texts, truncation=True, max_length=6, padding=True, return_tensors="pt")
    for name in ("input_ids", "attention_mask"):
        assert torch.equal(found[name], expected[name])
    assert found["input_ids"][2].tolist() == [2, 4, 4, 4, 5, 3]  # the mark of the end stays
    assert peer("good " * 9)["input_ids"] == [2, *[4] * 9, 3]  # the user's tokenizer is as it was


def test_a_tokenizer_without_padding_fills_up_with_what_it_has():
    inner = _fast()
    assert TextReader(inner).pad_id == 0
    inner.enable_padding(pad_id=5)
    assert TextReader(inner).pad_id == 5
    with pytest.raises(hs.InputError, match="max_length is 2; expected more than the 2 marks of beginning and end"):
        TextReader(inner, max_length=2).read(["good"])


def test_readers_of_texts_come_back():
    own = TextReader(max_length=9).fit(TEXTS)
    for reader in (TextReader(), own, TextReader(_fast(), max_length=8)):
        plain, arrays = reader.to_plain()
        again = reader_from_plain(json.loads(json.dumps(plain)), arrays)
        assert again == reader and arrays == {}
        if reader.is_fitted:
            batches = [r.read(["good tea"]).batch([0])["input_ids"] for r in (reader, again)]
            assert torch.equal(*batches)
