"""What the three programs share: pure rules, the wire contract, the sync protocol and the durable journal.

Read `domain` first (money, sale, stock, orders), then `wire` (how a fact is written), `sync` (how it travels) and
`durable` (how it survives). Nothing in `domain`, `wire` or `sync` reads a clock, a random number, a file or a socket.
"""
