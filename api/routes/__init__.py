"""Thin routes: decode, call one service, encode. Each file lists its endpoints with the permission they need."""
