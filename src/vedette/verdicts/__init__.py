"""What the network decided, signed, and how a computer follows it.

Computers load this room into the agent: it needs the standard library, msgspec and :mod:`vedette.crypto` alone.
"""
