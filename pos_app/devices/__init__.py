"""What stands on the counter: ports, drivers, fakes and simulators.

`ports` says what a device promises, `config` reads the `[[device]]` tables, `manager` starts what they name. Protocol
cores (`framing`, `barcode`, `printer.status`) take bytes and give facts; only drivers and simulators touch the world.
Nothing in here knows a sale, a database or a screen.
"""
