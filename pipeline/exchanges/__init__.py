"""After the handshake: what came of an introduction, and its case sheet."""
