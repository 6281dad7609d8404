"""Addresses of files in Git repositories: from those that people read to those of the raw text."""

from __future__ import annotations

import re

_GITHUB_PAGE = re.compile(
    r"https://github\.com/(?P<repository>[^/]+/[^/]+)/(?:tree|blob|raw)/(?P<ref>[^/]+)/(?P<path>.+)"
)
_GITHUB_RELEASE = re.compile(r"https://github\.com/(?P<repository>[^/]+/[^/]+)/(?P<path>[^@]+)@(?P<ref>[^/@]+)")
_GITHUB_ROOT = re.compile(r"https://github\.com/(?P<repository>[^/]+/[^/]+)/(?P<path>.+)")
_GITLAB_PAGE = re.compile(r"(?P<project>https?://[^/]+/.+?)/-/(?:tree|blob)/(?P<rest>.+)")
_GITLAB_ROOT = re.compile(r"(?P<project>https://gitlab\.com/[^/]+/[^/]+)/(?!-/)(?P<path>.+)")
_FILE = re.compile(r"\.(?:ya?ml|json)$")

RAW = "https://raw.githubusercontent.com"


def raw_addresses(uri: str) -> tuple[str, ...]:
    """Give where the text behind `uri` may be; the first that exists counts."""
    if found := _GITHUB_PAGE.fullmatch(uri):
        start = f"{RAW}/{found['repository']}"
        return f"{start}/refs/heads/{found['ref']}/{found['path']}", f"{start}/{found['ref']}/{found['path']}"
    if found := _GITHUB_RELEASE.fullmatch(uri):
        path = found["path"] if _FILE.search(found["path"]) else f"{found['path']}/function.yaml"
        return (f"{RAW}/{found['repository']}/{found['ref']}/{path}",)
    if found := _GITHUB_ROOT.fullmatch(uri):
        return (f"{RAW}/{found['repository']}/HEAD/{found['path']}",)
    if found := _GITLAB_PAGE.fullmatch(uri):
        return (f"{found['project']}/-/raw/{found['rest']}",)
    if found := _GITLAB_ROOT.fullmatch(uri):
        return (f"{found['project']}/-/raw/HEAD/{found['path']}",)
    return (uri,)
