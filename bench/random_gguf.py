#!/usr/bin/env python3
"""A trunk of `tutti bench` as a file for llama.cpp, with random weights in Q8_0 (for bench/peers.sh).

  random_gguf.py 125m|500m OUT.gguf

Layout: github.com/ggml-org/ggml/blob/master/docs/gguf.md. The tokenizer is filler: benches read token numbers.
"""
import os
import struct
import sys

# architecture, width, layers, heads, key heads, feed-forward, vocabulary
SHAPES = {
    "25m": ("llama", 384, 12, 6, 6, 1024, 32000),
    "125m": ("llama", 768, 12, 12, 12, 2048, 32000),
    "500m": ("qwen2", 896, 24, 14, 2, 4864, 151936),  # with biases of queries, keys and values
}
U32, F32, STRING, ARRAY, I32 = 4, 6, 8, 9, 5  # types of metadata
TENSOR_F32, TENSOR_Q8_0 = 0, 8
BLOCK = 32  # weights that share a scale; a block is an fp16 scale and 32 int8


def string(text):
    return struct.pack("<Q", len(text.encode())) + text.encode()


def entry(key, kind, value):
    packed = string(value) if kind == STRING else struct.pack("<I" if kind == U32 else "<f", value)
    return string(key) + struct.pack("<I", kind) + packed


def array(key, kind, count, packed):
    return string(key) + struct.pack("<IIQ", ARRAY, kind, count) + packed


def metadata(arch, width, layers, heads, key_heads, ffn, vocabulary):
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    kinds = [2, 3, 3] + [6] * 256 + [1] * (vocabulary - len(tokens))
    tokens += [f"t{i}" for i in range(len(tokens), vocabulary)]
    return [
        entry("general.architecture", STRING, arch),
        entry("general.file_type", U32, 7),
        entry(f"{arch}.context_length", U32, 2048),
        entry(f"{arch}.embedding_length", U32, width),
        entry(f"{arch}.block_count", U32, layers),
        entry(f"{arch}.feed_forward_length", U32, ffn),
        entry(f"{arch}.attention.head_count", U32, heads),
        entry(f"{arch}.attention.head_count_kv", U32, key_heads),
        entry(f"{arch}.attention.layer_norm_rms_epsilon", F32, 1e-6),
        entry(f"{arch}.rope.freq_base", F32, 1e4),
        entry(f"{arch}.vocab_size", U32, vocabulary),
        entry("tokenizer.ggml.model", STRING, "llama"),
        array("tokenizer.ggml.tokens", STRING, vocabulary, b"".join(map(string, tokens))),
        array("tokenizer.ggml.scores", F32, vocabulary, struct.pack(f"<{vocabulary}f", *[0.0] * vocabulary)),
        array("tokenizer.ggml.token_type", I32, vocabulary, struct.pack(f"<{vocabulary}i", *kinds)),
        entry("tokenizer.ggml.bos_token_id", U32, 1),
        entry("tokenizer.ggml.eos_token_id", U32, 2),
    ]


def tensors(arch, width, layers, heads, key_heads, ffn, vocabulary):
    """Names and sizes, columns first. Without output.weight, llama.cpp ties the head to the embeddings."""
    keys = width // heads * key_heads
    yield "token_embd.weight", (width, vocabulary)
    yield "output_norm.weight", (width,)
    for layer in range(layers):
        block = f"blk.{layer}."
        yield block + "attn_norm.weight", (width,)
        yield block + "ffn_norm.weight", (width,)
        for name, rows in (("q", width), ("k", keys), ("v", keys)):
            yield f"{block}attn_{name}.weight", (width, rows)
            if arch == "qwen2":
                yield f"{block}attn_{name}.bias", (rows,)
        yield block + "attn_output.weight", (width, width)
        yield block + "ffn_gate.weight", (width, ffn)
        yield block + "ffn_up.weight", (width, ffn)
        yield block + "ffn_down.weight", (ffn, width)


def content(name, size, pool):
    """Vectors are ones or small biases; matrices repeat the pool of random blocks."""
    if len(size) == 1:
        return struct.pack(f"<{size[0]}f", *[0.01 if name.endswith("bias") else 1.0] * size[0])
    length = size[0] * size[1] // BLOCK * (BLOCK + 2)
    return (pool * (length // len(pool) + 1))[:length]


def main(name, path):
    shape = SHAPES[name]
    scale = struct.pack("<e", shape[1] ** -0.5 / 73)  # uniform int8 have a deviation of 73
    pool = b"".join(scale + os.urandom(BLOCK) for _ in range(1 << 16))
    listing, offset = [], 0
    plan = list(tensors(*shape))
    for tensor, size in plan:
        kind = TENSOR_F32 if len(size) == 1 else TENSOR_Q8_0
        listing.append(string(tensor) + struct.pack(f"<I{len(size)}QIQ", len(size), *size, kind, offset))
        offset += -(-len(content(tensor, size, pool)) // 32) * 32
    entries = metadata(*shape)
    with open(path, "wb") as out:
        out.write(b"GGUF" + struct.pack("<IQQ", 3, len(plan), len(entries)) + b"".join(entries + listing))
        for tensor, size in plan:
            out.write(bytes(-out.tell() % 32))
            out.write(content(tensor, size, pool))
        out.write(bytes(-out.tell() % 32))


if len(sys.argv) != 3 or sys.argv[1] not in SHAPES:
    sys.exit(__doc__)
main(sys.argv[1], sys.argv[2])
