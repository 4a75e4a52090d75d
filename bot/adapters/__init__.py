"""The outside, one thing each: all reading and writing lies here. Adapters never import each other."""
