"""Hours, queues and the configuration of the telephony system that distributes calls."""
