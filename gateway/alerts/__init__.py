"""What an owner should know: raised where the fact is known, or by the watcher here; over by itself."""
