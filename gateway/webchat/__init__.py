"""The webchat channel, both its ends ours: docs/webchat_protocol.md."""
