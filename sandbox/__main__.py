"""`python -m sandbox`: the stand-ins on one port, until it is interrupted."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from aiohttp import web
from pydantic import ValidationError

from sandbox.app import make_app
from sandbox.config import Config


def read_config(path: Path | None) -> Config:
    """The configuration in a file, the built-in one without a file. Raises OSError or ValidationError."""
    return Config() if path is None else Config.model_validate_json(path.read_bytes())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Meta, Twilio and OpenAI on one local port.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=int(os.environ.get("SANDBOX_PORT", "8090")), help="port (8090)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="JSON in the shape of GET /_sandbox/config")
    args = parser.parse_args()
    try:
        config = read_config(args.config)
    except (OSError, ValidationError) as error:
        print(f"sandbox: {args.config} cannot be used: {error}", file=sys.stderr)
        return 2
    base_url = f"http://localhost:{args.port}"
    print(f"Sandbox: open {base_url} for the phones; {base_url}/_sandbox/config for programs.", flush=True)
    app = make_app(config, base_url, args.host)
    try:
        web.run_app(app, host=args.host, port=args.port, access_log=None, print=lambda *_: None, shutdown_timeout=1.0)
    except OSError as error:
        print(f"sandbox: cannot listen on {args.host}:{args.port}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
