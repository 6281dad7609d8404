"""The page that asks a browser for the token, and the cookie that remembers it. The only page served to anybody."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.auth import COOKIE

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>AgentOS: sign in</title>
<h1>AgentOS</h1>
<p>Open the address that <code>agentos up</code> printed, or enter its token here.</p>
<form method="post" action="/sign-in">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button type="submit">Sign in</button>
</form>
</html>
"""


def sign_in_page(status: int) -> Response:
    """Give the page with the form for the token."""
    return HTMLResponse(_PAGE, status)


def signed_in(request: Request, token: str) -> Response:
    """Give the redirect that leaves the cookie and takes the token out of the address."""
    response = RedirectResponse("/", status_code=303)
    response.set_cookie(COOKIE, token, path="/", httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return response
