"""A small OpenAI-compatible server that answers from a script, so that the examples run without a network.

with serve(Script.load(path)) as base_url:
    client = OpenAI(base_url=base_url, api_key="scripted")
"""

from scripted_openai.script import Rule, Script
from scripted_openai.server import serve

__all__ = ["Rule", "Script", "serve"]
