"""Sequences: DNA with a label each, and proteins, aligned or with a structure a residue."""
