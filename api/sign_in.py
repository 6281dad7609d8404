"""The page that asks a browser for the token, and the cookie that remembers it. The only page served to anybody."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.auth import COOKIE

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>AgentOS: sign in</title>
<link rel="stylesheet" href="/sign-in.css">
<main>
<h1>AgentOS</h1>
<p>Open the address that <code>make up</code> printed, or enter its token here.</p>
<form method="post" action="/sign-in">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus{described}>
{problem}<button type="submit">Sign in</button>
</form>
</main>
</html>
"""

SIGN_IN_STYLE = """:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#f4f5f8, #16181d);
  color: light-dark(#1a1d24, #e9ebf0); }
main { box-sizing: border-box; width: min(26rem, 100vw); padding: 2rem; border-radius: 12px;
  background: light-dark(#fff, #1f2229); box-shadow: 0 1px 8px rgb(0 0 0 / 0.15); }
h1 { margin: 0; font-size: 1.4rem; }
form { display: grid; gap: 0.5rem; }
label { font-weight: 600; }
input, button { font: inherit; padding: 0.55rem 0.7rem; border-radius: 8px; border: 1px solid #7a808c; }
button { margin-top: 0.5rem; border: 0; background: #3651c9; color: #fff; font-weight: 600; cursor: pointer; }
input:focus-visible, button:focus-visible { outline: 2px solid #6d86ff; outline-offset: 2px; }
.problem { margin: 0; color: light-dark(#a3131f, #ff9c9c); }
"""


def sign_in_page(status: int, *, problem: str = "") -> Response:
    """Give the page with the form for the token. `problem` is a sentence of ours, no text of a user."""
    shown = f'<p class="problem" id="problem" role="alert">{problem}</p>\n' if problem else ""
    described = ' aria-describedby="problem" aria-invalid="true"' if problem else ""
    return HTMLResponse(_PAGE.format(problem=shown, described=described), status)


def signed_in(request: Request, token: str) -> Response:
    """Give the redirect that leaves the cookie and takes the token out of the address."""
    response = RedirectResponse("/", status_code=303)
    response.set_cookie(COOKIE, token, path="/", httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return response
