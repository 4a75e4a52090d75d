"""The doors: what people and programs call. Only here is anything that goes wrong unexpectedly caught."""
