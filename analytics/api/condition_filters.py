"""Rows that meet conditions: the parameters where, segment, filter and until of the lists of facts and of people."""
