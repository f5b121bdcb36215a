"""Definitions written in the languages of other tools: one module for each, all of one shape (`export.Export`)."""
