"""The rules of recall, read a second time: people labelled by hand, a plain reading, and generated people."""
