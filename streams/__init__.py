"""The pipeline: one Faust stage per package, each `decode, pure function, encode`. No stage calls another."""
