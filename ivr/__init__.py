"""The call: its vocabulary, its menus, its flow, and the gateways that carry it."""
