"""The command line: where every process of AgentOS is put together and started."""
