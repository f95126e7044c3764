"""DiffWave, SSSD-SA and SSSD-S4 at the published sizes in PyTorch, for timing alone.

Written from the description in crates/tracemend-impute/tests/golden/README.md; weights are random, only the cost is that
of the published networks. `reverse` rebuilds the kernels of S4 layers at every step, as the reference does; `kept`
computes them once.

    networks.py diffwave|sssd-sa|sssd-s4 reverse|kept|train REPEATS

prints the CPU seconds (user and system) of each repetition, after one that does not count.
"""

import math
import resource
import sys

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import weight_norm

WINDOWS, LENGTH, WIDTH, BLOCKS, STATE = 8, 200, 256, 36, 64


def conv(inputs, outputs, taps=1, dilation=1, stride=1):
    padding = dilation * (taps - 1) // 2
    return weight_norm(nn.Conv1d(inputs, outputs, taps, stride=stride, dilation=dilation, padding=padding))


class Step(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc_t1, self.fc_t2 = nn.Linear(128, 512), nn.Linear(512, 512)

    def forward(self, steps):
        frequencies = torch.exp(torch.arange(64) * -(math.log(10000) / 63))
        angles = steps * frequencies
        return F.silu(self.fc_t2(F.silu(self.fc_t1(torch.cat([angles.sin(), angles.cos()], 1)))))


class S4(nn.Module):
    """A bidirectional S4 layer; the sums run over the stored half of the poles, as the reference's fallback does."""

    def __init__(self, features, trained, glu):
        super().__init__()
        poles = STATE // 2

        def parameter(*shape, grad=True):
            return nn.Parameter(torch.randn(*shape) * 0.5, requires_grad=grad)

        self.log_dt = nn.Parameter(torch.rand(features) * 4 - 7, requires_grad=trained)
        w = torch.stack([-torch.full((features, poles), 0.5), torch.pi * torch.arange(poles).expand(features, -1)], -1)
        self.w = nn.Parameter(w, requires_grad=trained)
        self.p, self.q, self.b = (parameter(1, features, poles, 2, grad=trained) for _ in range(3))
        self.c, self.d = parameter(2, features, poles, 2), parameter(features, 1)
        omega = torch.exp(-2j * torch.pi * torch.arange(LENGTH // 2 + 1) / LENGTH)
        self.register_buffer("omega", omega)
        self.register_buffer("z", 2 * (1 - omega) / (1 + omega))
        self.linear = nn.Conv1d(features, features * (2 if glu else 1), 1)
        self.glu = glu
        self.keep, self.kept = False, None

    def kernel(self, length):
        if self.kept is not None:
            return self.kept
        dt = self.log_dt.exp()
        w, p, q, b, c = (torch.view_as_complex(x) for x in (self.w, self.p, self.q, self.b, self.c))
        left, right = torch.cat([b, p]), torch.cat([c, q])
        products = left[:, None] * right[None]  # 2, 3, H, poles
        cauchy = 1 / (self.z[None, None] - (w * dt[:, None])[..., None])  # H, poles, nodes
        sums = torch.einsum("abhn,hnk->abhk", products, cauchy) * dt[:, None]
        spectrum = sums[0, :2] - sums[0, 2:] * sums[1, :2] / (1 + sums[1, 2:])
        kernel = torch.fft.irfft(spectrum * 2 / (1 + self.omega), n=LENGTH)[..., :length]
        if self.keep:
            self.kept = kernel
        return kernel

    def forward(self, u):
        length = u.shape[-1]
        ahead, back = self.kernel(length)
        kernel = F.pad(ahead, (0, length)) + F.pad(back.flip(-1), (length, 0))
        spectrum = torch.fft.rfft(kernel, n=2 * length) * torch.fft.rfft(u, n=2 * length)
        y = self.linear(F.gelu(torch.fft.irfft(spectrum, n=2 * length)[..., :length] + self.d * u))
        return F.glu(y, dim=1) if self.glu else y


class S4Layer(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.s4, self.norm = S4(features, False, False), nn.LayerNorm(features)

    def forward(self, u):
        return self.norm((self.s4(u) + u).transpose(1, 2)).transpose(1, 2)


class Block(nn.Module):
    def __init__(self, number, s4):
        super().__init__()
        self.fc_t = nn.Linear(512, WIDTH)
        self.conv = conv(WIDTH, 2 * WIDTH, 3, 1 if s4 else 2 ** (number % 12))
        self.first = S4Layer(2 * WIDTH) if s4 else nn.Identity()
        self.second = S4Layer(2 * WIDTH) if s4 else nn.Identity()
        self.cond, self.res, self.skip = conv(2, 2 * WIDTH), conv(WIDTH, WIDTH), conv(WIDTH, WIDTH)

    def forward(self, h, condition, step):
        y = self.second(self.first(self.conv(h + self.fc_t(step)[..., None])) + self.cond(condition))
        y = torch.tanh(y[:, :WIDTH]) * torch.sigmoid(y[:, WIDTH:])
        return (h + self.res(y)) * math.sqrt(0.5), self.skip(y)


class WaveNet(nn.Module):
    def __init__(self, s4):
        super().__init__()
        self.init, self.step = conv(1, WIDTH), Step()
        self.blocks = nn.ModuleList(Block(number, s4) for number in range(BLOCKS))
        self.head, self.output = conv(WIDTH, WIDTH), nn.Conv1d(WIDTH, 1, 1)

    def forward(self, x, condition, steps):
        step, h, total = self.step(steps), F.relu(self.init(x)), 0
        for block in self.blocks:
            h, skip = block(h, condition, step)
            total = total + skip
        return self.output(F.relu(self.head(total * math.sqrt(1 / BLOCKS))))


class Residual(nn.Module):
    def __init__(self, width, stride, s4):
        super().__init__()
        self.fc_t, self.norm = nn.Linear(512, width), nn.LayerNorm(width)
        self.cond = conv(2, width, stride, stride=stride)
        forward = nn.Sequential(nn.Conv1d(width, 2 * width, 1), nn.GELU(), nn.Conv1d(2 * width, width, 1))
        self.inner = S4(width, True, True) if s4 else forward

    def forward(self, x, condition, step):
        z = self.norm((x + self.fc_t(step)[..., None]).transpose(1, 2)).transpose(1, 2)
        return x + self.inner(z) + self.cond(condition)


class Pool(nn.Module):
    def __init__(self, inputs, outputs, up):
        super().__init__()
        self.linear, self.up = conv(inputs, outputs), up

    def forward(self, x, *_):
        b, h, n = x.shape
        if self.up:
            return self.linear(x).reshape(b, -1, 2, n).transpose(2, 3).reshape(b, -1, 2 * n)
        return self.linear(x.reshape(b, h, n // 2, 2).transpose(2, 3).reshape(b, 2 * h, n // 2))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()

        def stage(width, stride):
            return [Residual(width, stride, number % 2 == 0) for number in range(12)]

        self.init, self.step, self.norm = nn.Conv1d(1, 128, 1), Step(), nn.LayerNorm(128)
        self.down = nn.ModuleList([*stage(128, 1), Pool(256, 256, False), *stage(256, 2), Pool(512, 512, False)])
        self.centre = nn.ModuleList(stage(512, 4))
        self.up = nn.ModuleList([Pool(512, 512, True), *stage(256, 2), Pool(256, 256, True), *stage(128, 1)])
        self.head, self.output = nn.Conv1d(128, 128, 1), nn.Conv1d(128, 1, 1)

    def forward(self, x, condition, steps):
        step, x = self.step(steps), F.relu(self.init(x))
        passed = [x]
        for layer in self.down:
            x = layer(x, condition, step)
            passed.append(x)
        for layer in self.centre:
            x = layer(x, condition, step)
        x = x + passed.pop()
        for layer in self.up:
            x = layer(x, condition, step) + passed.pop()
        return self.output(F.relu(self.head(self.norm(x.transpose(1, 2)).transpose(1, 2))))


def seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(name, work, repeats):
    torch.manual_seed(1)
    torch.set_num_threads(2)
    network = UNet() if name == "sssd-sa" else WaveNet(name == "sssd-s4")
    x, condition = torch.randn(WINDOWS, 1, LENGTH), torch.randn(WINDOWS, 2, LENGTH)
    steps = torch.full((WINDOWS, 1), 100)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    adam = torch.optim.Adam(trained, lr=2e-4)

    def reverse():
        with torch.no_grad():
            network(x, condition, steps)

    def train():
        adam.zero_grad()
        (network(x, condition, steps) - x)[:, :, 90:110].square().mean().backward()
        adam.step()

    for layer in network.modules():
        layer.keep = work == "kept"
    run = train if work == "train" else reverse
    for repeat in range(repeats + 1):
        start = seconds()
        run()
        if repeat:
            print(f"{seconds() - start:.4f}", flush=True)
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
