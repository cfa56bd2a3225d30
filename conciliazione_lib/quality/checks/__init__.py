"""The checks: those that are rows of ``quality/verifiche`` or of tables of documents, and those that are code.

A check is code where it is a computation of its own, that no row could say without becoming a program; the module says
which.
"""
