"""Anybody's Keras file: opened as data, put together, traced, written and verified."""
