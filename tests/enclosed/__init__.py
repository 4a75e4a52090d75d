"""An enclosed network on loopback: what leaves this machine is refused, and hosts are reached as in an enterprise."""
