"""Protocols as data files, and the reader that checks them."""
