"""Chaos: reviews by real processes that are killed at every place of their work, over a host that fails and whose lists lag behind."""
