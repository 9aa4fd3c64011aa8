"""The file that Windows keeps a part of its registry in: a hive, with the logs that complete it.

Microsoft does not describe it; https://github.com/msuhanov/regf does. Nothing here trusts a byte: what cannot be read
costs only itself, and the answer says so. It runs shut in, as :func:`vedette.formats.regf.look.look`.
"""
