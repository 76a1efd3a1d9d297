"""Weight files as PyTorch and safetensors write them, and hostile ones; the tests need no Python.

    python -m venv VENV && VENV/bin/pip install torch==2.15.0 safetensors==0.8.0
    VENV/bin/python packages/model/reference/pytorch_files.py

Writes into `pytorch-files/` beside itself, a few KB each:

zip.bin, legacy.bin    the same state_dict in PyTorch's two formats: float32, float16, bfloat16, int64 and
                       int32 tensors, a Parameter, a transposed view, slices with an offset, an expanded
                       row, a scalar, an empty tensor, tensors that share a storage, a key `__proto__`;
                       an OrderedDict with `_metadata`
nested.bin             {"state_dict": {...}, "epoch": 3}
protocol-4.bin         zip.bin's tensors with pickle protocol 4
expected.safetensors   what the floats and the int32 tensor of those are, as float32 and int32
sharded-bin/           two shards and pytorch_model.bin.index.json
sharded-safetensors/   two shards and model.safetensors.index.json
hostile/*.pkl          pickles that ask to run something; none of them is ever loaded here
pytorch-files.json     versions, seed, names, shapes and dtypes, and what each hostile pickle asks for

The keys of the storages in legacy.bin are addresses, so its bytes differ from run to run.
"""

import json
import os
import pathlib
import pickle
import platform
import shutil
from collections import OrderedDict

import safetensors
import torch
from safetensors.torch import save_file

SEED = 20230604
HERE = pathlib.Path(__file__).parent / "pytorch-files"


def state_dict():
    g = torch.Generator().manual_seed(SEED)
    normal = lambda *shape: torch.randn(*shape, generator=g)  # noqa: E731
    base = normal(5, 7)
    tied = normal(3, 2)
    tensors = OrderedDict()
    tensors["embeddings.weight"] = normal(5, 3)
    tensors["embeddings.position_ids"] = torch.arange(11).expand((1, -1))
    tensors["token_type_ids"] = torch.tensor([[2, -3, 5]], dtype=torch.int32)
    tensors["half"] = normal(2, 5).half()
    tensors["half.transposed"] = normal(3, 5).half().t()
    tensors["bfloat"] = normal(7, 2).bfloat16()
    tensors["parameter"] = torch.nn.Parameter(normal(3))
    tensors["transposed"] = normal(2, 3, 5).permute(2, 0, 1)
    tensors["slice"] = base[1:4]
    tensors["slice.columns"] = base[:, 2:5]
    tensors["slice.steps"] = base[::2, 1::3]
    tensors["expanded"] = normal(1, 3).expand(2, 3)
    tensors["tied"] = tied
    tensors["tied.again"] = tied
    tensors["scalar"] = torch.tensor(0.25)
    tensors["empty"] = torch.zeros(0, 3)
    tensors["double"] = normal(2).double()
    tensors["mask"] = torch.tensor([True, False])
    tensors["__proto__"] = normal(2)
    tensors._metadata = OrderedDict({"": {"version": 1}, "embeddings": {"version": 2}})
    return tensors


def as_read(tensors):
    floats = {torch.float32, torch.float16, torch.bfloat16}
    read = {}
    for name, tensor in tensors.items():
        if tensor.dtype in floats:
            read[name] = tensor.detach().float().clone().contiguous()
        elif tensor.dtype == torch.int32:
            read[name] = tensor.clone().contiguous()
    return read


class Call:
    """Pickles as a call; unpickling it would make it."""

    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


def text(s):
    return b"X" + len(s).to_bytes(4, "little") + s.encode()


def hostile():
    """Each pickle, and what it asks for. Where `pickle` would not write it, its bytes are given."""
    marker = "touch sweetspot-was-here"
    return {
        "marker": (pickle.dumps(Call(os.system, marker), protocol=2), f"{os.system.__module__}.system"),
        "marker-protocol-4": (pickle.dumps({"w": Call(os.system, marker)}, protocol=4), f"{os.system.__module__}.system"),
        "eval": (pickle.dumps(Call(eval, "open('sweetspot-was-here', 'w')"), protocol=4), "builtins.eval"),
        "eval-python-2": (b"\x80\x02c__builtin__\neval\n" + text("1") + b"\x85R.", "__builtin__.eval"),
        "exec-in-a-tensor": (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(cbuiltins\nexec\n" + text("1") + b"\x85Rt R.", "builtins.exec"),
        "getattr": (b"\x80\x02cbuiltins\ngetattr\ncbuiltins\ngetattr\n" + text("__self__") + b"\x86R.", "builtins.getattr"),
        "dotted": (b"\x80\x04" + b"\x8c\x0ctorch._utils" + b"\x8c\x22_rebuild_tensor_v2.__globals__.get" + b"\x93.", "torch._utils._rebuild_tensor_v2.__globals__.get"),
        "other-module": (b"\x80\x02ctorch\n_utils._rebuild_tensor_v2\n.", "torch._utils._rebuild_tensor_v2"),
        "stack-global": (b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.", "posix.system"),
        "inst": (b"(S'true'\niposix\nsystem\n.", "opcode S"),
        "inst-alone": (b"\x80\x02(" + text("true") + b"iposix\nsystem\n.", "posix.system"),
        "obj": (b"\x80\x02(cposix\nsystem\n" + text("true") + b"o.", "posix.system"),
        "obj-of-a-dictionary": (b"\x80\x02(ccollections\nOrderedDict\no.", "opcode OBJ"),
        "newobj": (b"\x80\x02ccollections\nOrderedDict\n)\x81.", "opcode NEWOBJ"),
        "newobj-ex": (b"\x80\x04ccollections\nOrderedDict\n)}\x92.", "opcode NEWOBJ_EX"),
        "ext1": (b"\x80\x02\x82\x01)R.", "opcode EXT1"),
        "ext2": (b"\x80\x02\x83\x01\x00)R.", "opcode EXT2"),
        "ext4": (b"\x80\x02\x84\x01\x00\x00\x00)R.", "opcode EXT4"),
        "persid": (b"\x80\x02Pstorage\n.", "opcode PERSID"),
        "build-on-a-function": (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}b.", "opcode BUILD"),
        "reduce-a-storage-type": (b"\x80\x02ctorch\nFloatStorage\nK\x02\x85R.", "opcode REDUCE"),
        "reduce-a-string": (b"\x80\x02" + text("posix.system") + b")R.", "opcode REDUCE"),
        "load": (b"\x80\x02ctorch\nload\n" + text("x") + b"\x85R.", "torch.load"),
        "storage-load": (b"\x80\x02ctorch.storage\n_load_from_bytes\n" + text("x") + b"\x85R.", "torch.storage._load_from_bytes"),
    }


def fragment(tensors, names):
    return OrderedDict((name, tensors[name]) for name in names)


def sharded(folder, tensors, ending, save):
    floats = [name for name in tensors if name != "__proto__"]
    parts = {
        f"{ending[0]}-00001-of-00002.{ending[1]}": floats[:3],
        f"{ending[0]}-00002-of-00002.{ending[1]}": floats[3:],
    }
    folder.mkdir()
    for file, names in parts.items():
        save(fragment(tensors, names), folder / file)
    weight_map = {name: file for file, names in parts.items() for name in names}
    total = sum(tensors[name].numel() * 4 for name in weight_map)
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / f"{ending[0]}.{ending[1]}.index.json").write_text(json.dumps(index, indent=2) + "\n")


def main():
    torch.set_num_threads(1)
    shutil.rmtree(HERE, ignore_errors=True)
    (HERE / "hostile").mkdir(parents=True)
    tensors = state_dict()
    torch.save(tensors, HERE / "zip.bin")
    torch.save(tensors, HERE / "legacy.bin", _use_new_zipfile_serialization=False)
    torch.save(tensors, HERE / "protocol-4.bin", pickle_protocol=4)
    few = fragment(tensors, ["embeddings.weight", "transposed", "half"])
    torch.save({"epoch": 3, "state_dict": dict(few), "lr": [1e-3, None, True]}, HERE / "nested.bin")
    read = as_read(tensors)
    save_file(read, HERE / "expected.safetensors")
    floats = {name: tensor for name, tensor in read.items() if tensor.dtype == torch.float32}
    some = fragment(floats, ["embeddings.weight", "half", "bfloat", "transposed", "slice.steps"])
    sharded(HERE / "sharded-bin", some, ("pytorch_model", "bin"), torch.save)
    sharded(HERE / "sharded-safetensors", some, ("model", "safetensors"), lambda t, f: save_file(dict(t), f))
    asks = {}
    for name, (data, what) in hostile().items():
        (HERE / "hostile" / f"{name}.pkl").write_bytes(data)
        asks[name] = what
    about = {
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "safetensors": safetensors.__version__,
        },
        "seed": SEED,
        "tensors": {
            name: {"shape": list(t.shape), "dtype": str(t.dtype).removeprefix("torch.")}
            for name, t in tensors.items()
        },
        "hostile": asks,
    }
    (HERE / "pytorch-files.json").write_text(json.dumps(about, indent=2) + "\n")


if __name__ == "__main__":
    main()
