"""The XMPP servers of the tests: one class a kind, all with the interface of base.Server."""
