"""How computer and network talk: HTTP/1.1, signed requests, server-sent events, the messages and the words for
refusals.
"""
