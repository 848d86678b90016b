"""The usual server of the tests and of the demo; servers/ has other kinds."""

from .servers.base import DOMAIN
from .servers.prosody import Prosody as Server

__all__ = ["DOMAIN", "Server"]
