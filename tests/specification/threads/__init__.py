"""How the fault scripts of phrases/unseen/threads.md are played."""
