"""till.db: the tables only the till writes, one module of plain query functions per area."""
