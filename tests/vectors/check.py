#!/usr/bin/env python3
"""Checks seal.txt with libsodium (PyNaCl), the reference BLAKE3 and the reference Argon2:
pip install pynacl blake3 argon2-cffi && tests/vectors/check.py"""
import pathlib

import argon2.low_level as argon2
import nacl.bindings as sodium
from blake3 import blake3
from nacl.signing import SigningKey, VerifyKey

lines = pathlib.Path(__file__).with_name("seal.txt").read_text().splitlines()
vectors = dict(line.split(" = ", 1) for line in lines if not line.startswith("#"))


def of(name):
    return bytes.fromhex(vectors[name])


def derive(context, secret):
    return blake3(secret, derive_key_context=context).digest()


room = b"turma-a"
salt = derive("roda 2026 passphrase salt", room)
phrase = vectors["passphrase: text"].encode()
code = of("invitation: code")
room_keys = {
    "lobby": derive("roda 2026 lobby key", b""),
    "public": derive("roda 2026 public room key", room),
    "key file": derive("roda 2026 key file room key", b"\3" * 32 + room),
    "invitation": derive("roda 2026 invitation room key", code),
    "hosted": derive("roda 2026 hosted room key", code + of("person: key")),
    "passphrase": argon2.hash_secret_raw(
        phrase, salt, time_cost=3, memory_cost=64 << 10, parallelism=1, hash_len=32,
        type=argon2.Type.ID),
}
for name, key in room_keys.items():
    assert of(f"{name}: room key") == key, name
    assert of(f"{name}: room tag") == derive("roda 2026 room tag", key)[:16], name
    assert of(f"{name}: frame key") == derive("roda 2026 frame key", key), name
    assert of(f"{name}: nonce key") == derive("roda 2026 nonce key", key), name

check = int.from_bytes(derive("roda 2026 invitation check", code)[:2], "big") >> 4
number = int.from_bytes(code, "big") << 12 | check
alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
text = "".join(alphabet[number >> 5 * place & 31] for place in reversed(range(28)))
groups = "-".join(text[at:at + 4] for at in range(0, 28, 4))
assert vectors["invitation: text"] == groups

person = SigningKey(of("person: seed")).verify_key
assert of("person: key") == bytes(person)
assert of("person: short id") == blake3(bytes(person)).digest()[:8]

host = bytes(person) + derive("roda 2026 host check", code + bytes(person))[:3]
number = int.from_bytes(host, "big")
text = "".join(alphabet[number >> 5 * place & 31] for place in reversed(range(56)))
groups = "-".join(text[at:at + 4] for at in range(0, 56, 4))
assert vectors["hosted: line"] == f"host {groups}"

frame_key, nonce_key = of("key file: frame key"), of("key file: nonce key")
leaf_key, node_key = (derive(f"roda 2026 {which}", of("key file: room tag"))
                      for which in ("leaf", "node"))
types = {"durable": 1, "beat": 2, "nack": 3, "status": 4, "sync": 5, "guest said": 1,
         "run 1": 1, "run 2": 1, "run 3": 1}
for name, kind in types.items():
    datagram, inside = of(f"{name}: datagram"), of(f"{name}: inside")
    header, sealed = datagram[:44], datagram[44:]
    tag, nonce = header[4:20], header[20:]
    assert header[:4] == bytes([0xF7, ord("r"), 2, kind]), name
    assert tag == of("key file: room tag"), name
    opened = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, header, nonce, frame_key)
    assert opened == inside, name
    place, signature = (1, b"") if name == "nack" else (inside[-65], inside[-64:])
    depth = place.bit_length() - 1
    behind = 0 if name == "nack" else 65 + 16 * depth
    signed, way = inside[:len(inside) - behind], inside[len(inside) - behind:]
    leaf = blake3(bytes([kind]) + signed, key=leaf_key).digest()
    hint = derive("roda 2026 room name hint", room)[:2]
    assert nonce == hint + blake3(leaf + way, key=nonce_key).digest()[2:24], name
    assert hint == of("turma-a: hint")
    if name != "nack":
        index = place - (1 << depth)
        assert (depth, index) == ((2, int(name[4:]) - 1) if name.startswith("run") else (0, 0))
        node = leaf
        for height in range(depth):
            pair = [node[:16], way[16 * height:][:16]]
            node = blake3(b"".join(pair[::-1] if index >> height & 1 else pair), key=node_key).digest()
        VerifyKey(signed[:32]).verify(b"roda 2026 signed frame" + node, signature)

said = of("guest said: inside")[:-65]
name, text = b"rui", "oi".encode()
record = (3).to_bytes(4, "big") + bytes([len(name)]) + name + text
assert said.endswith((7 << 12 | len(record)).to_bytes(2, "big") + record)
print(f"{len(vectors)} vectors hold")
