"""`make bench`: Mainstay beside its peers, on this machine, in one run."""
