"""Which records are one organisation? Blocking, comparison, clustering, judgement."""
