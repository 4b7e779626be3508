"""A seeded, deterministic simulator of one store and HQ, driving the real state machines of `retail_core.sync`."""
