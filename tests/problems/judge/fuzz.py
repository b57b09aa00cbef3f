"""Throws random and mutated messages at the decoder: only DecodeError may come out.

python -m tests.problems.judge.fuzz [N] [SEED]      a million unless told otherwise
"""

import random
import resource
import sys
import tracemalloc

import numpy as np

from problems.judge.codec import DecodeError, decode, encode

SEEDS = [
    None,
    [True, False, -1, 2**70, 0.5, 1j, "text é", (1, 2), {"a": [1], 2: None}],
    np.arange(12.0).reshape(3, 4),
    np.zeros((0, 3), np.int8),
    np.array([True, False]),
    ([0, 1], {"weights": np.ones((2, 2, 2), np.complex64), "loss": float("nan")}),
    [[[[[[[[1]]]]]]]],
    ["x" * 300] * 3,
]
INTERESTING = [0, 1, 2, 7, 8, 16, 17, 127, 128, 254, 255, *b"NTFIDCSLUMA", *b"biufcOVUM"]
# What decoding may take for each byte of a message, and at all.
BYTES_EACH, BYTES_AT_LEAST = 200, 64 * 1024
ADDRESS_SPACE = 4 << 30


def mutated(draw: random.Random, messages: list[bytes]) -> bytes:
    """Random bytes, or a right message with a few things wrong."""
    if draw.random() < 0.1:
        return draw.randbytes(draw.randrange(64))
    data = bytearray(draw.choice(messages))
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(data) + 1)
        match draw.randrange(5):
            case 0 if data:
                data[at % len(data)] = draw.choice(INTERESTING)
            case 1 if data:
                data[at % len(data)] ^= 1 << draw.randrange(8)
            case 2:
                data[at:at] = draw.choice(messages)[: draw.randrange(32)]
            case 3:
                del data[at : at + draw.randrange(1, 16)]
            case _:
                data[at : at + 4] = draw.choice([0, 1, 2**31, 2**32 - 1]).to_bytes(4, "little")
    return bytes(data)


def fuzz(number: int, seed: int) -> int:
    """Decode so many messages; how many were values. Raises whatever is not a DecodeError."""
    draw = random.Random(seed)
    messages = [encode(value) for value in SEEDS]
    right = 0
    tracemalloc.start()
    try:
        for _ in range(number):
            message = mutated(draw, messages)
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            try:
                value = decode(message)
            except DecodeError:
                value = None
            else:
                right += 1
                # What has been read can be written, and reads the same.
                if encode(decode(encode(value))) != encode(value):
                    raise AssertionError(f"{message!r} does not come back as it was")
            taken = tracemalloc.get_traced_memory()[1] - before
            if taken > BYTES_AT_LEAST + BYTES_EACH * len(message):
                raise AssertionError(f"{message!r} took {taken:,} bytes")
            del value
    finally:
        tracemalloc.stop()
    return right


def main(arguments: list[str]) -> None:
    number = int(arguments[0]) if arguments else 1_000_000
    seed = int(arguments[1]) if len(arguments) > 1 else random.randrange(2**32)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    print(f"{number:,} messages, seed {seed}")
    right = fuzz(number, seed)
    print(f"{right:,} were values; the others raised DecodeError and nothing else.")


if __name__ == "__main__":
    main(sys.argv[1:])
