"""Letters: an introduction, a question, a reminder or the digest -> envelope and exact bytes.

`identity` names letters and who has met whom, `points` finds what fits and what is open, `compose` declares each
kind of letter and writes it, `view` prepares what templates may name, `mime` writes the bytes, `verify` reads them
back before anything leaves, `checking` tries templates on sample data.
"""
