"""The text formats in which systems and programs keep their settings: bytes in, values out, nothing else.

A reader of what a computer is meets them on a running system and in images, written by people, installers and
attackers. So each takes whatever comes, says what it found, and leaves the rest.
"""
