"""The sync protocol "tillsync/1" as state machines: (state, message, now) → (state, actions). No I/O, no clock, no chance.

    sender    one stream towards one peer, and what to do when the two can't be joined
    schedule  which stream goes next; path     which peer to talk to
    inbox     what a receiver does with a batch, and which events are new
    feed      the pull client of one scope
    epoch     a rolled-back till: how it is seen and what it does
    damage    the stand-in for an entry whose bytes can't be read any more

A driver keeps the states in memory, performs the actions in order, reports back with messages, and ticks a machine when
its `due_ms` has come. All times are monotonic milliseconds. A crash may come between any two actions: what must survive
is written by `Record` (and by the receiver's own transaction), everything else is found out again.
"""
