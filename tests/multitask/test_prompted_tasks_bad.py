"""What prompted tasks refuse, and with which words."""

import re

import numpy as np
import pandas as pd
import pytest
import torch

import headstart as hs
from headstart.core.errors import InputError, InputTypeError
from headstart.multitask import PromptedTasks, TextTask, open_language_model

from .tiny_language import llama, tokenizer

for _name in ("transformers", "peft"):
    pytest.importorskip(_name, reason=f"{_name} is not installed: pip install 'headstart[text]'")

TEXTS = ["i loved it", "dull", "a good film", "a boring book !"]
Y = np.array(["positive", "negative"] * 2)


@pytest.fixture(scope="module")
def language():
    return open_language_model(llama(), tokenizer=tokenizer())


@pytest.fixture(scope="module")
def model(language):
    return PromptedTasks(language, adapters="none").fit([mood()])


def mood(y=Y, texts=TEXTS, name="mood"):
    return hs.Domain(texts, y, name=name)


def says(text, kind=InputError):
    return pytest.raises(kind, match=re.escape(text))


TEMPLATES = [
    ({"template": "no place"}, "has {text} 0 times; expected it once"),
    ({"template": "{text} and {text}:"}, "has {text} 2 times; expected it once"),
    ({"template": "Text: {text} "}, "ends with {text}; expected a cue for the answer after it"),
    ({"template": 3}, "the template of task 'mood' is 3; expected words with {text}"),
    ({"labels": {}}, "the labels of task 'mood' are {}; expected words by class"),
    ({"labels": ["bad", "good"]}, "are ['bad', 'good']; expected words by class"),
    ({"labels": {0: "bad", 1: " "}}, "the class 1 of task 'mood' is called ' '; expected words"),
    ({"labels": {0: "bad", 1: " good"}}, "is called ' good'; expected no space at its ends"),
    ({"labels": {0: "bad", 1: "bad"}}, "several classes of task 'mood' are called 'bad'; expected words that differ"),
    ({"labels": {0: "bad", "a": "good"}}, "are of several types (int, str); expected one"),
]


@pytest.mark.parametrize(("how", "message"), TEMPLATES)
def test_words_of_a_task(how, message):
    with pytest.raises((InputError, InputTypeError), match=re.escape(message)):
        TextTask("mood", **how)


def test_name_of_a_task():
    with says("the name of a task is ''; expected words", InputTypeError):
        TextTask("")


PARAMETERS = [
    ({"adapters": "both"}, "adapters is 'both'; expected one of 'shared', 'per-task', 'none'"),
    ({"adapter": "LoRA"}, "adapter is 'LoRA'; expected an adapter of headstart.neural, such as LoRA(), or None"),
    ({"adapters": "none", "adapter": hs.neural.LoRA()}, "adapter= is given and adapters='none' trains nothing"),
    ({"adapters": "none", "task_weights": "tasks"}, "task_weights= is given and adapters='none' trains nothing"),
    ({"adapters": "per-task", "task_weights": "tasks"}, "tasks that share nothing need no weights"),
    ({"task_weights": {"mud": 2.0}}, "task_weights names 'mud', which is no task; expected some of 'mood'"),
    ({"task_weights": {"mood": -2.0}}, "task_weights['mood'] is -2.0; expected a number above 0"),
    ({"task_weights": [1.0]}, "task_weights is [1.0]; expected None, 'tasks', or a dict"),
    ({"shots": -1}, "shots is -1; expected a whole number of at least 0"),
    ({"max_length": 0}, "max_length is 0; expected a whole number of at least 1"),
    ({"epochs": 0}, "epochs is 0; expected a whole number of at least 1, or None"),
    ({"tasks": "mood"}, "tasks is 'mood'; expected a list of TextTask, or None"),
    ({"tasks": [TextTask("mud")]}, "tasks names 'mud', of which there are no rows; expected some of 'mood'"),
    ({"tasks": [TextTask("mood"), TextTask("mood")]}, "several tasks are called mood; expected names that differ"),
    ({"chat": True}, "chat=True and the tokenizer of 'LlamaForCausalLM' has no chat template; expected chat=False"),
    ({"shots": 6}, "has 2 labelled rows of class 'negative', and 6 shots ask for 3 of it; expected fewer shots"),
    ({"shots": 4}, "all 4 labelled rows of task 'mood' are shown as examples; expected more labels, fewer shots"),
    ({"dtype": "float32"}, "dtype= is to be said where a language model is first opened; leave it out"),
]


@pytest.mark.parametrize(("how", "message"), PARAMETERS)
def test_parameters(how, message, language):
    with pytest.raises((InputError, InputTypeError), match=re.escape(message)):
        PromptedTasks(language, **{"random_state": 0, **how}).fit([mood()])


def test_a_backbone_is_needed():
    with says("backbone is None; expected the name of a causal language model"):
        PromptedTasks().fit([mood()])


ROWS = [
    (([hs.Domain(TEXTS, Y, name="mood")] * 2, None), "several tasks are called mood; expected names that differ"),
    (
        (TEXTS, None),
        "there are texts and no labels, Y is None; expected fit(X, Y) with one column of Y for each task",
    ),
    ((TEXTS, Y), "Y has one dimension; expected a table with a column for each task"),
    ((TEXTS, Y[:3, None]), "X has 4 rows and Y 3; expected as many rows of labels as of X"),
    (([mood()], Y[:, None]), "fit was given 1 domains and Y besides"),
    (([mood(), TEXTS], None), "the list of domains holds a list at position 1; expected Domain objects alone"),
    (([mood(texts=["a", " ", "b", "c"])], None), "X of task 'mood' has 1 empty texts among 4, the first at row 1"),
    ((["a", "", "b", "c"], Y[:, None]), "X has 1 empty texts among 4, the first at row 1"),
    (([hs.Domain(np.zeros((4, 2)), Y, name="mood")], None), "X of task 'mood' has 4 rows that are no texts"),
    (([mood(y=["positive"] * 4)], None), "task 'mood' has one class: all of its 4 labels are 'positive'; expected two"),
    (([mood(y=None)], None), "task 'mood' has no labels, and training needs some; expected some, or words"),
    (([mood(y=[None] * 4)], None), "task 'mood' has no labels, and training needs some"),
    (
        ([mood(y=[0, 1, 0, 1])], None),
        "task 'mood' has the class 0, which says nothing to a language model; expected words for each class: "
        "tasks=[TextTask('mood', labels={0: '...', 1: '...'})]",
    ),
]


@pytest.mark.parametrize(("given", "message"), ROWS, ids=[message[:40] for _, message in ROWS])
def test_rows_and_labels(given, message, language):
    with pytest.raises((InputError, InputTypeError), match=re.escape(message)):
        PromptedTasks(language).fit(*given)


def test_columns_of_one_name(language):
    table = pd.DataFrame(np.column_stack([Y, Y]), columns=["mood", "mood"])
    with says("several tasks are called mood; expected names that differ"):
        PromptedTasks(language).fit(TEXTS, table)


def test_labels_without_words(language):
    tasks = [TextTask("mood", labels={0: "negative", 1: "positive"})]
    with says("task 'mood' has the label 2, for which it has no words; expected labels among 0, 1, or words for it"):
        PromptedTasks(language, tasks).fit([mood(y=[0, 1, 2, 0])])


def test_no_labels_where_examples_are_asked_for(language):
    tasks = [TextTask("mood", labels={0: "negative", 1: "positive"})]
    with says("task 'mood' has no labels, and shots=2 needs some; expected some"):
        PromptedTasks(language, tasks, adapters="none", shots=2).fit([mood(y=None)])


def test_words_with_the_same_tokens():
    # a tokenizer of words, to which all words that it does not know are one
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {"?": 0, "Text": 1, ":": 2, "Answer": 3, "good": 4}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    language = open_language_model(llama(), tokenizer=words)
    tasks = [TextTask("mood", "Text: {text} Answer:", {"positive": "fine", "negative": "poor"})]
    with says(
        "the answers 'poor' and 'fine' of task 'mood' have the same tokens, [0]; expected words that the tokenizer"
    ):
        PromptedTasks(language, tasks, adapters="none").fit([mood()])


def test_a_template_that_melts_with_the_answer(language):
    from tokenizers import Tokenizer, models

    letters = {c: k for k, c in enumerate("abcdefghijklmnopqrstuvwxyz :T")}
    pairs = Tokenizer(models.BPE({**letters, ": ": len(letters)}, [(":", " ")]))
    melting = open_language_model(llama(), tokenizer=pairs)
    tasks = [TextTask("mood", "{text} is:", {"positive": "good", "negative": "bad"})]
    with says("the end of the prompt of task 'mood', 'word is:', and the answer ' bad' melt into one token"):
        PromptedTasks(melting, tasks, adapters="none").fit([mood()])


def test_examples_that_leave_no_room():
    language = open_language_model(llama(context=64), tokenizer=tokenizer())
    domain = mood(texts=["i loved it so much it is not bad", "dull"] * 2)
    with says(
        "of the 64 tokens that the model can look at, which leaves 0 for a text; expected room for 16: fewer shots"
    ):
        PromptedTasks(language, adapters="none", shots=4).fit([domain])


def test_examples_that_leave_less_room_cut_the_text():
    language = open_language_model(llama(context=64), tokenizer=tokenizer())
    model = PromptedTasks(language, adapters="none").fit([mood()])
    with pytest.warns(
        hs.HeadstartWarning, match=r"1 of 1 texts of X are longer than the \d\d tokens that a text may have"
    ):
        rows = model._prompts[0].rows(["good film and " * 50], language.tokens, "X")
    assert len(rows[0]) + max(map(len, model._prompts[0].answers)) <= 64
    assert len(rows[0]) > 50


def test_a_task_that_fit_has_not_seen(model):
    for call in (model.predict, model.predict_proba, model.label_scores):
        with says("task='mud' is none of the 1 tasks; expected one of 'mood'"):
            call(TEXTS, "mud")


def test_empty_texts_in_predict(model):
    with says("X has 1 empty texts among 2, the first at row 1; expected words in each row"):
        model.predict(["good", ""], "mood")


def test_predict_before_fit(language):
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        PromptedTasks(language).predict(TEXTS, "mood")


def test_nothing_to_score_on(model):
    with says("no task has a label to score on"):
        model.score([mood(y=None)])


def test_weights_that_give_no_likelihood(language):
    broken = open_language_model(language)
    with torch.no_grad():
        broken.model.model.norm.weight[0] = float("nan")
    fitted = PromptedTasks(broken, adapters="none").fit([mood()])
    with says("the language model gives NaN or infinite likelihoods for 4 of 4 rows, the first at row 0"):
        fitted.predict(TEXTS, "mood")


# --- opening


def test_models_that_are_no_language_models(tmp_path):
    from transformers import BertConfig, BertForMaskedLM, LlamaModel

    small = {
        "hidden_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 8,
        "vocab_size": 400,
    }
    with says("'BertForMaskedLM' is of the kind 'bert', which does not write text from left to right"):
        open_language_model(BertForMaskedLM(BertConfig(**small)), tokenizer=tokenizer())
    with says("'LlamaModel' (LlamaModel) has no head that tells the next token; expected one with it"):
        open_language_model(LlamaModel(llama().config), tokenizer=tokenizer())
    with says("the language model is a Linear; expected 'hf/NAME'", InputTypeError):
        open_language_model(torch.nn.Linear(2, 2))
    with says("LlamaForCausalLM takes token numbers, and only its tokenizer knows them"):
        open_language_model(llama())
    with says("the language model is of type int; expected 'hf/NAME'", InputTypeError):
        open_language_model(3)
    with says("there is no language model 'nowhere'; expected 'hf/NAME', a folder or GGUF file"):
        open_language_model("nowhere")
    with says("weights= is for a name or a path; a model brings its own"):
        open_language_model(llama(), weights="x", tokenizer=tokenizer())


def test_a_model_with_a_state():
    from transformers import MambaConfig, MambaForCausalLM

    config = MambaConfig(
        vocab_size=400, hidden_size=8, num_hidden_layers=1, state_size=2, bos_token_id=0, eos_token_id=0, pad_token_id=0
    )
    with says("'MambaForCausalLM' (MambaForCausalLM) keeps a state in place of the tokens that it has seen"):
        open_language_model(MambaForCausalLM(config), tokenizer=tokenizer())


def test_a_tokenizer_of_another_model():
    from tokenizers import Tokenizer, models

    large = Tokenizer(models.WordLevel({f"w{k}": k for k in range(500)}, unk_token="w0"))
    with says("the tokenizer has 500 tokens and 'LlamaForCausalLM' knows 400; expected the tokenizer of this model"):
        open_language_model(llama(), tokenizer=large)


@pytest.mark.parametrize("tied", [True, False])
def test_a_folder_gives_the_model_that_was_saved(tied, tmp_path, capfd):
    model, tok = llama(tied=tied), tokenizer(chat=True)
    model.save_pretrained(tmp_path)
    tok.save_pretrained(tmp_path)
    capfd.readouterr()
    for how in ({"name": str(tmp_path)}, {"name": "hf/any/name", "weights": tmp_path}):
        language = open_language_model(**how)
        assert capfd.readouterr() == ("", "")
        assert (language.context, language.tokens.begin, language.notes) == (512, (0,), ())
        ids = torch.tensor([[0, 50, 51, 52]])
        torch.testing.assert_close(language.model(ids).logits, model(ids).logits)
    assert language.chat is not None


def test_an_encoder_without_its_head_is_no_language_model(tmp_path):
    model = llama(tied=False)
    model.model.save_pretrained(tmp_path)
    tokenizer(chat=True).save_pretrained(tmp_path)
    with says("has no weights of the head that tells the next token"):
        open_language_model(tmp_path)
