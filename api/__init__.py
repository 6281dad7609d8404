"""The way in and the way to look: the HTTP API. Home of FastAPI and uvicorn.

A request goes through the guard (who is it, may they), a route (decode, call, encode) and one of three services:
`commands` sends orders and waits for their verdict, `live` follows the events topic, `runs` answers questions.
"""
