"""Sequences of DNA with a label each: splice sites, enhancers, promoters."""
