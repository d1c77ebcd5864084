"""Texts: words with a tag each, texts with a label, and findings that may be negated."""
