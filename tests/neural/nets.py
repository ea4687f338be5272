"""Small networks that the tests of adapters put adapters into."""

import torch
from torch import nn


class Block(nn.Module):
    """A residual block, as of ResNet-18."""

    def __init__(self, n_in, n_out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.shortcut = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))

    def forward(self, x):
        h = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(h + self.shortcut(x))


class ResNet(nn.Module):
    """A residual network of two blocks."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect")
        self.bn1 = nn.BatchNorm2d(4)
        self.layer1 = nn.Sequential(Block(4, 4, 1))
        self.layer2 = nn.Sequential(Block(4, 8, 2))
        self.depthwise = nn.Conv2d(8, 8, 3, groups=8)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        h = self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x)))))
        return self.fc(self.depthwise(h).mean((2, 3)))


class Words(nn.Module):
    """An embedding and a text convolution."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(20, 6, padding_idx=0)
        self.conv = nn.Conv1d(6, 7, 3, padding=1, dilation=1)

    def forward(self, x):
        return self.conv(self.embed(x).transpose(1, 2)).mean(2)


class Apart(nn.Module):
    """Attention whose keys and values are narrower than its queries."""

    def __init__(self):
        super().__init__()
        self.mha = nn.MultiheadAttention(8, 2, kdim=4, vdim=6, batch_first=True)

    def forward(self, x):
        return self.mha(x, x[..., :4], x[..., :6])[0]


def transformer(norm_first=False):
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=norm_first)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=not norm_first)


def bert():
    from transformers import BertConfig, BertModel

    return BertModel(
        BertConfig(
            vocab_size=30,
            hidden_size=8,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=16,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
    )


def llama():
    from transformers import LlamaConfig, LlamaModel

    return LlamaModel(
        LlamaConfig(
            vocab_size=30,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            intermediate_size=24,
            rope_parameters={"rope_type": "default", "rope_theta": 500000.0},
        )
    )


def gpt2():
    from transformers import GPT2Config, GPT2Model

    return GPT2Model(
        GPT2Config(
            vocab_size=30, n_embd=8, n_layer=2, n_head=2, n_positions=16, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0
        )
    )


class Pooled(nn.Module):
    """A Hugging Face model inside another module, with a layer of its own."""

    def __init__(self):
        super().__init__()
        self.model = bert()
        self.project = nn.Linear(8, 3)

    def forward(self, ids):
        return self.project(self.model(ids).last_hidden_state.mean(1))


IDS = torch.randint(1, 20, (3, 6), generator=torch.Generator().manual_seed(0))


def numbers(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


# Name -> how it is made, what goes in.
PLAIN = {
    "mlp": (lambda: nn.Sequential(nn.Linear(6, 9), nn.GELU(), nn.Linear(9, 4)), numbers(5, 6)),
    "linear": (lambda: nn.Linear(6, 4), numbers(2, 3, 6)),
    "resnet": (ResNet, numbers(4, 3, 8, 8)),
    "words": (Words, IDS),
    "transformer": (transformer, numbers(3, 5, 8)),
    "pre-norm": (lambda: transformer(True), numbers(3, 5, 8)),
    "attention apart": (Apart, numbers(3, 5, 8)),
}
HUGGING_FACE = {"bert": (bert, IDS), "llama": (llama, IDS), "gpt2": (gpt2, IDS), "pooled": (Pooled, IDS)}


def made(name, seed=0):
    """A network in eval, with running statistics that are not the usual ones, and its input."""
    make, x = (PLAIN | HUGGING_FACE)[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = make()
        for part in module.modules():
            if getattr(part, "running_mean", None) is not None:
                part.running_mean.normal_()
                part.running_var.uniform_(0.5, 2)
    return module.eval(), x


def output(module, x):
    found = module(x)
    return found if isinstance(found, torch.Tensor) else found.last_hidden_state


def stir(attached, size=0.3, seed=5):
    """Other values of all that trains, as training would give."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in attached.parameters():
            p.add_(torch.randn(p.shape, generator=generator) * size)
    return attached
