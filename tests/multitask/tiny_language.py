"""A tiny Llama with what is special of Llama 3 (grouped heads, its rope, a mark of a beginning), and a tokenizer."""

import torch

WORDS = (
    "the film was a good one and i loved it so much it is not bad",
    "a dull book , boring and far too long : i want my money back !",
    "Task: mood Text: Answer (negative or positive): negative positive very good very bad good bad",
    "Review: it works well and is good value for the money ; the screen is too dark , very bad",
)
CHAT = (
    "{{ bos_token }}{% for message in messages %}<|start|>{{ message['role'] }}\n\n{{ message['content'] | trim }}"
    "<|eot|>{% endfor %}{% if add_generation_prompt %}<|start|>assistant\n\n{% endif %}"
)


def tokenizer(*, begin=True, chat=False):
    """A byte-level BPE of a few words, as that of Llama 3."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|begin|>", "<|eot|>", "<|start|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(WORDS, trainer)
    if begin:
        made.post_processor = processors.TemplateProcessing("<|begin|> $A", special_tokens=[("<|begin|>", 0)])
    if not chat:
        return made
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<|begin|>", eos_token="<|eot|>", chat_template=CHAT, model_max_length=512
    )


def llama(*, tied=True, context=512, scale=0.3, seed=0):
    """Two layers, four heads of which two share their keys and values."""
    from transformers import LlamaConfig, LlamaForCausalLM

    rope = {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    }
    config = LlamaConfig(
        vocab_size=400,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        tie_word_embeddings=tied,
        rope_theta=500000.0,
        rope_scaling=rope,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config).eval()
        with torch.no_grad():
            for p in model.parameters():
                if p.dim() > 1:
                    p.normal_(std=scale)
    return model
