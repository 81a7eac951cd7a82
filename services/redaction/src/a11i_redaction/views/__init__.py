"""Texts as their readers see them: without what splits values, and with what is encoded decoded."""
