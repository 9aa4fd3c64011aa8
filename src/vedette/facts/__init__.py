"""The vocabulary of what is reported: kinds of values, records, items, envelopes and their codec.

A value of a kind exists only after its privacy transform, so nothing else can be put into a record; an item
cannot be declared without the clause of the statement that it rests on.
"""
