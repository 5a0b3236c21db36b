"""The network of train_throughput.cc as one would write it in PyTorch: same shapes, bf16 autocast, AdamW.

Prints: milliseconds peak_MiB loss
"""
import resource
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

SEQUENCES, LENGTH, VOCABULARY, WIDTH, LAYERS, HIDDEN, HEADS = 32, 128, 8192, 256, 8, 512, 4


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, x):
        x = x.float()
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.gain


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = RmsNorm(WIDTH), RmsNorm(WIDTH)
        self.q, self.kv = nn.Linear(WIDTH, WIDTH, False), nn.Linear(WIDTH, 2 * WIDTH, False)
        self.q_norm, self.k_norm = RmsNorm(WIDTH // HEADS), RmsNorm(WIDTH // HEADS)
        self.out = nn.Linear(WIDTH, WIDTH, False)
        self.up, self.down = nn.Linear(WIDTH, HIDDEN, False), nn.Linear(HIDDEN, WIDTH, False)

    def forward(self, x, cos, sin, mask):
        b, t, d = x.shape
        heads = lambda y: y.reshape(b, t, HEADS, d // HEADS).transpose(1, 2)
        h = self.norm1(x)
        k, v = self.kv(h).chunk(2, -1)
        q = rotate(self.q_norm(heads(self.q(h))), cos, sin)
        k = rotate(self.k_norm(heads(k)), cos, sin)
        scores = torch.matmul(q, k.transpose(2, 3)) / (d // HEADS) ** 0.5 + mask
        a = torch.matmul(torch.softmax(scores.float(), -1), heads(v))
        x = x + self.out(a.transpose(1, 2).reshape(b, t, d))
        return x + self.down(torch.relu(self.up(self.norm2(x))).square())


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.pieces = nn.Embedding(VOCABULARY, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = RmsNorm(WIDTH)
        angle = torch.arange(LENGTH)[:, None] * 0.66 ** torch.arange(WIDTH // HEADS // 2)[None]
        self.cos, self.sin = angle.cos(), angle.sin()
        self.mask = torch.full((LENGTH, LENGTH), -1e30).triu(1)

    def forward(self, ids):
        x = self.pieces(ids)
        for block in self.blocks:
            x = block(x, self.cos, self.sin, self.mask)
        return 15 * torch.tanh(F.linear(self.norm(x), self.pieces.weight).float() / 15)


def main():
    torch.manual_seed(1)
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    model = Model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    ids = torch.randint(20, VOCABULARY, (SEQUENCES, LENGTH))
    target = torch.cat([ids[:, 1:], torch.full((SEQUENCES, 1), 2)], 1)
    times = []
    for step in range(steps + 2):
        start = time.time()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16):
            loss = F.cross_entropy(model(ids).flatten(0, 1), target.flatten())
        loss.backward()
        optimizer.step()
        if step > 1:
            times.append(time.time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{statistics.median(times) * 1e3:.1f} {peak} {loss.item():.3f}")


main()
