"""Mobility Matchmaker: from a filled form to two organisations reading an introduction.

The way in is the command line (`pipeline.cli`); the way one record walks is told in `pipeline.run`.
"""
