"""Expectations, quarantine and reconciliation."""
