"""Brings in what links lead to."""
