"""The model side: a turn in, a reply out. Stateless; imports nothing of ours."""
