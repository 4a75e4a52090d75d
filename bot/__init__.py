"""Mainstay: a code reviewer for the resilience of backend services."""
